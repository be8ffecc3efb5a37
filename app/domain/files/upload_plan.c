#include "parley/domain/files/upload_plan.h"

#include <string.h>

#include "parley/core/clock.h"
#include "parley/core/json_out.h"
#include "parley/db/db.h"
#include "parley/objects/store.h"

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
        return upload_fits_one_put(upload) ? plan_as_put(ctx, plan) : ERR_OK;
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
