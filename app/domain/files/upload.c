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

bool upload_fits_one_put(const struct upload *upload)
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
    TRY(room_for_check(ctx, upload->workspace_id, upload->user_id, upload->size_bytes));
    return upload_insert(ctx, upload);
}

enum err upload_create(struct ctx *ctx, const struct upload_draft *draft, struct upload *ret_upload)
{
    struct creating creating = { .draft = draft };

    TRY(room_on_disk_check(ctx));
    TRY(upload_begin(ctx, draft, &creating.upload));
    TRY(db_run(ctx, create_in_transaction, &creating));
    *ret_upload = creating.upload;
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
