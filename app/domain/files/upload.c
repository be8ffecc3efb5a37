#include "parley/domain/files/upload.h"

#include <assert.h>
#include <string.h>

#include "parley/core/clock.h"
#include "parley/core/json_out.h"
#include "parley/db/db.h"
#include "parley/domain/files/room.h"
#include "parley/domain/people/user.h"
#include "parley/objects/filetype.h"
#include "parley/objects/store.h"

/* ---- rows ---- */

static enum err upload_read(struct ctx *ctx, const struct db_row *row, void *arg)
{
    struct upload *upload = arg;
    struct str sha256 = db_row_str(row, UPLOAD_GET_SHA256);

    *upload = (struct upload){
        .id = db_row_int(row, UPLOAD_GET_ID),
        .uuid = db_row_uuid(row, UPLOAD_GET_UUID),
        .workspace_id = db_row_int(row, UPLOAD_GET_WORKSPACE_ID),
        .user_id = db_row_int(row, UPLOAD_GET_USER_ID),
        .object_key = arena_str(ctx->arena, db_row_str(row, UPLOAD_GET_OBJECT_KEY)),
        .store_upload_id = arena_str(ctx->arena, db_row_str(row, UPLOAD_GET_STORE_UPLOAD_ID)),
        .part_size_bytes = db_row_int(row, UPLOAD_GET_PART_SIZE_BYTES),
        .filename = arena_str(ctx->arena, db_row_str(row, UPLOAD_GET_FILENAME)),
        .content_type = arena_str(ctx->arena, db_row_str(row, UPLOAD_GET_CONTENT_TYPE)),
        .size_bytes = db_row_int(row, UPLOAD_GET_SIZE_BYTES),
        .picture = { db_row_int(row, UPLOAD_GET_WIDTH), db_row_int(row, UPLOAD_GET_HEIGHT) },
        .has_sha256 = sha256.len == SHA256_BYTES,
        .created_us = db_row_int(row, UPLOAD_GET_CREATED_US),
        .expires_us = db_row_int(row, UPLOAD_GET_EXPIRES_US),
    };
    if (upload->has_sha256)
        memcpy(upload->sha256, sha256.ptr, SHA256_BYTES);
    return arena_check(ctx->arena);
}

enum err upload_get(struct ctx *ctx, int64_t workspace_id, int64_t user_id, const struct uuid *upload,
                    struct upload *ret_upload)
{
    struct upload found;
    enum err e = db_one(ctx, SQL_UPLOAD_GET,
                        DB_ARGS(DB_UUID(upload), DB_INT(workspace_id), DB_INT(user_id), DB_INT(ctx->now_us)),
                        upload_read, &found);

    if (e == ERR_NOT_FOUND)
        return fail(ctx, ERR_UPLOAD_NOT_FOUND);
    TRY(e);
    *ret_upload = found;
    return ERR_OK;
}

enum err upload_key_check(struct ctx *ctx, struct str object_key)
{
    int64_t now_us = clock_now_us(); /* it is asked again while bytes come */
    int64_t dead_claim_us = now_us - UPLOAD_CLAIM_MAX_S * US_PER_S;
    int64_t count = 0;

    TRY(db_number(ctx, SQL_UPLOAD_KEY_OPEN, DB_ARGS(DB_TEXT(object_key), DB_INT(now_us), DB_INT(dead_claim_us)),
                  &count));
    return count > 0 ? ERR_OK : fail(ctx, ERR_FORBIDDEN);
}

/* ---- parts ---- */

int64_t upload_part_count(const struct upload *upload)
{
    if (upload->part_size_bytes == 0)
        return 1;
    return (upload->size_bytes + upload->part_size_bytes - 1) / upload->part_size_bytes;
}

int64_t upload_part_size(const struct upload *upload, int64_t number)
{
    int64_t count = upload_part_count(upload);

    if (count == 1)
        return upload->size_bytes;
    return number < count ? upload->part_size_bytes : upload->size_bytes - (count - 1) * upload->part_size_bytes;
}

/* Whole MiB, so that the number of parts never passes UPLOAD_PARTS_MAX. */
static int64_t part_size_for(int64_t size_bytes)
{
    const int64_t mib = (int64_t)MIB;
    int64_t least = (size_bytes + UPLOAD_PARTS_MAX - 1) / UPLOAD_PARTS_MAX;
    int64_t rounded = (least + mib - 1) / mib * mib;

    return rounded > UPLOAD_PART_MIN_BYTES ? rounded : UPLOAD_PART_MIN_BYTES;
}

static bool goes_in_one_put(const struct upload *upload)
{
    return upload->size_bytes <= SINGLE_PUT_MAX_BYTES;
}

/* ---- beginning ---- */

struct creating {
    const struct upload_draft *draft;
    struct upload upload;
};

static enum err draft_check(struct ctx *ctx, const struct upload_draft *draft, struct upload *upload)
{
    enum err e = filename_check(draft->filename);

    if (e == ERR_OK)
        e = filetype_check_name(draft->filename, str_from(ctx->config->allowed_file_types), &upload->content_type);
    if (e != ERR_OK)
        return fail(ctx, e);
    if (draft->size_bytes > ctx->config->max_direct_upload_size)
        return failf(ctx, ERR_TOO_LARGE, "The file is larger than this server takes");
    upload->has_sha256 = draft->sha256_hex.ptr != NULL;
    if (upload->has_sha256 && digest_hex_decode(draft->sha256_hex, upload->sha256, SHA256_BYTES) != ERR_OK)
        return problem_add(ctx->problem, (struct fault){ .where = "body",
                                                         .field = "sha256",
                                                         .type = "value_error",
                                                         .message = "must be 64 hex digits" });
    return ERR_OK;
}

/* One digest is all that an empty file can have: promised, it goes in one PUT like all whose bytes are known. */
static void upload_empty_promise(struct upload *upload)
{
    if (upload->size_bytes > 0 || upload->has_sha256)
        return;
    upload->has_sha256 = true;
    digest_sha256(STR(""), upload->sha256);
}

static enum err upload_begin(struct ctx *ctx, const struct upload_draft *draft, struct upload *upload)
{
    bool parts = draft->size_bytes > SINGLE_PUT_MAX_BYTES;
    int64_t life_s = parts ? UPLOAD_PARTS_LIFE_S : UPLOAD_PUT_LIFE_S;

    TRY(draft_check(ctx, draft, upload));
    upload->uuid = uuid_new();
    upload->workspace_id = draft->workspace->workspace_id;
    upload->user_id = draft->principal->user_id;
    upload->filename = draft->filename;
    upload->size_bytes = draft->size_bytes;
    upload->picture = draft->picture;
    if (parts)
        upload->part_size_bytes = part_size_for(draft->size_bytes);
    else
        upload->part_size_bytes = upload->has_sha256 ? 0 : draft->size_bytes;
    upload_empty_promise(upload);
    upload->created_us = ctx->now_us;
    upload->expires_us = ctx->now_us + life_s * US_PER_S;
    return attachment_new_key(ctx, &draft->workspace->workspace, draft->filename, &upload->object_key);
}

static enum err upload_insert(struct ctx *ctx, struct upload *upload)
{
    struct db_value sha256 = DB_NULL;

    if (upload->has_sha256)
        sha256 = DB_BLOB(((struct str){ (const char *)upload->sha256, SHA256_BYTES }));
    return db_insert(ctx, SQL_UPLOAD_INSERT,
                     DB_ARGS(DB_UUID(&upload->uuid), DB_INT(upload->workspace_id), DB_INT(upload->user_id),
                             DB_TEXT(upload->object_key), DB_INT(upload->part_size_bytes), DB_TEXT(upload->filename),
                             DB_TEXT(upload->content_type), DB_INT(upload->size_bytes), sha256,
                             DB_INT_OR_NULL(upload->picture.width), DB_INT_OR_NULL(upload->picture.height),
                             DB_INT(upload->created_us), DB_INT(upload->expires_us)),
                     &upload->id);
}

static enum err create_in_transaction(struct ctx *ctx, void *arg)
{
    struct creating *creating = arg;
    struct upload *upload = &creating->upload;
    enum idempotency state;
    struct uuid resource_uuid;
    int64_t pending = 0;

    TRY(user_row_lock(ctx, upload->user_id));
    TRY(member_require(ctx, creating->draft->workspace, upload->user_id, MEMBER_ROLE_MEMBER));
    TRY(idempotency_take(ctx, creating->draft->claim, &upload->uuid, &state, &resource_uuid));
    if (state == IDEMPOTENCY_SEEN)
        return upload_get(ctx, upload->workspace_id, upload->user_id, &resource_uuid, upload);
    TRY(db_number(ctx, SQL_UPLOAD_COUNT_OF_USER, DB_ARGS(DB_INT(upload->user_id), DB_INT(UPLOADS_PENDING_PER_USER_MAX)),
                  &pending));
    if (pending >= UPLOADS_PENDING_PER_USER_MAX)
        return failf(ctx, ERR_LIMIT, "Too many uploads have begun and not ended");
    return upload_insert(ctx, upload);
}

enum err upload_create(struct ctx *ctx, const struct upload_draft *draft, struct upload *ret_upload)
{
    struct creating creating = { .draft = draft };

    TRY(room_for_check(ctx, draft->workspace->workspace_id, draft->principal->user_id, draft->size_bytes));
    TRY(upload_begin(ctx, draft, &creating.upload));
    TRY(db_run(ctx, create_in_transaction, &creating));
    *ret_upload = creating.upload;
    return ERR_OK;
}

/* ---- addresses ---- */

/* The store's side of a multipart upload begins when its addresses are first asked for; of two that begin at once one stays. */
static enum err store_side_begin(struct ctx *ctx, struct upload *upload)
{
    struct str id;
    int64_t count = 0;
    enum err e;

    if (upload->part_size_bytes == 0 || upload->store_upload_id.ptr != NULL)
        return ERR_OK;
    e = store_multipart_begin(ctx->app->store, ctx->arena, upload->object_key, upload->content_type, &id);
    if (e != ERR_OK)
        return fail(ctx, e);
    e = db_exec(ctx, SQL_UPLOAD_SET_STORE_UPLOAD,
                DB_ARGS(DB_TEXT(id), DB_INT(upload->id), DB_INT(upload->workspace_id)), &count);
    if (e == ERR_OK && count > 0) {
        upload->store_upload_id = id;
        return ERR_OK;
    }
    if (e != ERR_COMMIT_UNKNOWN && store_multipart_abort(ctx->app->store, ctx->arena, upload->object_key, id) != ERR_OK)
        return fail(ctx, ERR_STORAGE);
    TRY(e);
    return upload_get(ctx, upload->workspace_id, upload->user_id, &upload->uuid, upload);
}

static int seconds_left(const struct ctx *ctx, const struct upload *upload)
{
    int64_t left_s = (upload->expires_us - ctx->now_us) / US_PER_S;

    return left_s > 1 ? (int)left_s : 1;
}

static enum err headers_text(struct ctx *ctx, const struct store_header *headers, size_t count, struct str *ret_text)
{
    struct buf text;
    struct json_out json;
    enum err e;

    buf_init(&text, BODY_MAX_BYTES);
    json_out_init(&json, &text);
    json_out_object(&json);
    for (size_t i = 0; i < count; i++)
        json_out_kv_str(&json, arena_cstr(ctx->arena, headers[i].name), headers[i].value);
    json_out_object_end(&json);
    e = buf_check(&text);
    *ret_text = arena_str(ctx->arena, buf_str(&text));
    buf_release(&text);
    return e == ERR_OK ? arena_check(ctx->arena) : e;
}

static enum err plan_single(struct ctx *ctx, const struct upload *upload, struct upload_plan *plan)
{
    struct store_header headers[STORE_HEADERS_MAX];
    size_t header_count = 0;
    const struct store_presign_put_opts opts = {
        .key = upload->object_key,
        .content_type = upload->content_type,
        .size_bytes = upload->size_bytes,
        .sha256 = upload->has_sha256 ? upload->sha256 : NULL,
        .expires_s = seconds_left(ctx, upload),
        .now_us = ctx->now_us,
    };

    TRY(store_presign_put(ctx->app->store, ctx->arena, &opts, &plan->url, headers, &header_count));
    return headers_text(ctx, headers, header_count, &plan->headers);
}

static enum err part_presign(struct ctx *ctx, const struct upload *upload, int64_t number, struct str *ret_url)
{
    const struct store_part_opts opts = {
        .key = upload->object_key,
        .upload_id = upload->store_upload_id,
        .number = (int)number,
        .size_bytes = upload_part_size(upload, number),
        .expires_s = seconds_left(ctx, upload),
        .now_us = ctx->now_us,
    };

    return store_multipart_presign(ctx->app->store, ctx->arena, &opts, ret_url);
}

static void mark_uploaded(const struct upload *upload, const struct store_part *there, size_t there_count,
                          struct upload_part *parts)
{
    for (size_t i = 0; i < there_count; i++) {
        int64_t number = there[i].number;
        if (number >= 1 && number <= upload_part_count(upload) &&
            there[i].size_bytes == upload_part_size(upload, number))
            parts[number - 1].uploaded = true;
    }
}

static enum err parts_ask(struct ctx *ctx, const struct upload *upload, struct upload_part *parts)
{
    struct store_part *there = NULL;
    size_t there_count = 0;
    enum err e = store_multipart_list(ctx->app->store, ctx->arena, upload->object_key, upload->store_upload_id, &there,
                                      &there_count);

    if (e == ERR_NOT_FOUND)
        return fail(ctx, ERR_UPLOAD_NOT_FOUND);
    TRY(e);
    mark_uploaded(upload, there, there_count, parts);
    return ERR_OK;
}

static enum err plan_parts(struct ctx *ctx, const struct upload *upload, enum upload_ask ask, struct upload_plan *plan)
{
    size_t count = (size_t)upload_part_count(upload);
    struct upload_part *parts = arena_calloc(ctx->arena, count, sizeof(*parts));

    if (parts == NULL)
        return fail(ctx, ERR_NO_MEMORY);
    if (ask == UPLOAD_ASK_STORE)
        TRY(parts_ask(ctx, upload, parts));
    plan->uploaded = true;
    for (size_t i = 0; i < count; i++) {
        parts[i].number = (int64_t)i + 1;
        parts[i].size_bytes = upload_part_size(upload, parts[i].number);
        if (parts[i].uploaded)
            continue;
        plan->uploaded = false;
        TRY(part_presign(ctx, upload, parts[i].number, &parts[i].url));
    }
    plan->parts = (struct list){ parts, count };
    return ERR_OK;
}

/* One part looks to the client like any other PUT. */
static enum err plan_as_put(struct ctx *ctx, struct upload_plan *plan)
{
    const struct upload_part *only = plan->parts.items;

    assert(only != NULL);
    plan->url = only->url;
    plan->parts = (struct list){ NULL, 0 };
    return headers_text(ctx, NULL, 0, &plan->headers);
}

static enum err single_ask(struct ctx *ctx, const struct upload *upload, struct upload_plan *plan)
{
    struct store_info info;
    enum err e = store_stat(ctx->app->store, ctx->arena, upload->object_key, &info);

    if (e == ERR_NOT_FOUND)
        return ERR_OK;
    TRY(e);
    plan->uploaded = info.size_bytes == upload->size_bytes;
    return ERR_OK;
}

static enum err plan_make(struct ctx *ctx, const struct upload *upload, enum upload_ask ask, struct upload_plan *plan)
{
    if (upload->part_size_bytes != 0) {
        TRY(plan_parts(ctx, upload, ask, plan));
        return goes_in_one_put(upload) ? plan_as_put(ctx, plan) : ERR_OK;
    }
    if (ask == UPLOAD_ASK_STORE)
        TRY(single_ask(ctx, upload, plan));
    return plan_single(ctx, upload, plan);
}

enum err upload_plan(struct ctx *ctx, struct upload *upload, enum upload_ask ask, struct upload_plan *ret_plan)
{
    struct upload_plan plan = { .uploaded = false };
    enum err e;

    TRY(store_side_begin(ctx, upload));
    e = plan_make(ctx, upload, ask, &plan);
    if (e != ERR_OK)
        return fail(ctx, e);
    *ret_plan = plan;
    return ERR_OK;
}

/* ---- giving up ---- */

enum err upload_queue_deletion(struct ctx *ctx, const struct upload *upload, struct pending_deletions *batch)
{
    return object_deletion_add(ctx, batch,
                               &(struct pending_deletion){
                                   .key = upload->object_key,
                                   .store_upload_id = upload->store_upload_id,
                                   .due_us = upload->expires_us,
                                   .row = DOOMED_AGAIN,
                               });
}

struct cancelling {
    struct upload upload;
    struct pending_deletions pending;
};

static enum err cancel_in_transaction(struct ctx *ctx, void *arg)
{
    struct cancelling *cancelling = arg;
    const struct upload *upload = &cancelling->upload;
    int64_t count = 0;

    cancelling->pending.count = 0;
    TRY(db_exec(
        ctx, SQL_UPLOAD_DELETE_UNCLAIMED,
        DB_ARGS(DB_INT(upload->id), DB_INT(upload->workspace_id), DB_INT(ctx->now_us - UPLOAD_CLAIM_MAX_S * US_PER_S)),
        &count));
    if (count == 0)
        return failf(ctx, ERR_CONFLICT, "The upload is being completed");
    return upload_queue_deletion(ctx, upload, &cancelling->pending);
}

enum err upload_cancel(struct ctx *ctx, int64_t workspace_id, int64_t user_id, const struct uuid *upload)
{
    struct cancelling cancelling = { .pending.count = 0 };

    TRY(upload_get(ctx, workspace_id, user_id, upload, &cancelling.upload));
    TRY(db_run(ctx, cancel_in_transaction, &cancelling));
    object_deletion_run(ctx, &cancelling.pending);
    return ERR_OK;
}
