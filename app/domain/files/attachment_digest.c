#include "parley/domain/files/attachment_digest.h"

#include <string.h>

#include "parley/auth/digest.h"
#include "parley/db/db.h"
#include "parley/domain/files/attachment.h"
#include "parley/objects/store.h"

struct undigested {
    int64_t id, workspace_id, message_id;
    struct str object_key;
    int64_t size_bytes;
    bool has_promised;
    uint8_t promised[SHA256_BYTES], found[SHA256_BYTES];
    struct pending_deletions pending;
};

static enum err undigested_read(struct ctx *ctx, const struct db_row *row, void *arg)
{
    struct undigested *undigested = arg;
    struct str promised = db_row_str(row, ATTACHMENT_UNDIGESTED_NEXT_PROMISED_SHA256);

    *undigested = (struct undigested){
        .id = db_row_int(row, ATTACHMENT_UNDIGESTED_NEXT_ID),
        .workspace_id = db_row_int(row, ATTACHMENT_UNDIGESTED_NEXT_WORKSPACE_ID),
        .message_id = db_row_int(row, ATTACHMENT_UNDIGESTED_NEXT_MESSAGE_ID),
        .object_key = arena_str(ctx->arena, db_row_str(row, ATTACHMENT_UNDIGESTED_NEXT_OBJECT_KEY)),
        .size_bytes = db_row_int(row, ATTACHMENT_UNDIGESTED_NEXT_SIZE_BYTES),
        .has_promised = promised.len == SHA256_BYTES,
    };
    if (undigested->has_promised)
        memcpy(undigested->promised, promised.ptr, SHA256_BYTES);
    return arena_check(ctx->arena);
}

struct summing {
    struct digest *digest;
    int64_t size_bytes;
    keepalive_fn keepalive;
    void *keepalive_arg;
};

static enum err sum_bytes(void *arg, const void *bytes, size_t len)
{
    struct summing *summing = arg;

    digest_add(summing->digest, bytes, len);
    summing->size_bytes += (int64_t)len;
    return summing->keepalive(summing->keepalive_arg);
}

static enum err object_sum(struct ctx *ctx, struct undigested *undigested, keepalive_fn keepalive, void *keepalive_arg)
{
    struct summing summing = { .digest = digest_new(), .keepalive = keepalive, .keepalive_arg = keepalive_arg };
    enum err e;

    if (summing.digest == NULL)
        return fail(ctx, ERR_NO_MEMORY);
    e = store_get(ctx->app->store, ctx->arena, undigested->object_key, 0, -1, sum_bytes, &summing);
    digest_end(summing.digest, undigested->found);
    return e == ERR_OK && summing.size_bytes != undigested->size_bytes ? ERR_STORAGE : e;
}

static enum err sum_keep(struct ctx *ctx, const struct undigested *undigested)
{
    const struct str sum = { (const char *)undigested->found, SHA256_BYTES };

    return db_exec(ctx, SQL_ATTACHMENT_SET_SHA256,
                   DB_ARGS(DB_BLOB(sum), DB_INT(undigested->id), DB_INT(undigested->workspace_id)), NULL);
}

/* It may have been bound since it was found. */
static enum err undigested_remove(struct ctx *ctx, void *arg)
{
    struct undigested *undigested = arg;
    enum err e = db_number(ctx, SQL_ATTACHMENT_MESSAGE_LOCK,
                           DB_ARGS(DB_INT(undigested->id), DB_INT(undigested->workspace_id)), &undigested->message_id);

    if (e == ERR_NOT_FOUND)
        return ERR_OK;
    TRY(e);
    TRY(attachment_remove_found(ctx, SQL_ATTACHMENTS_GOING_BY_ID,
                                DB_ARGS(DB_INT(undigested->id), DB_INT(undigested->workspace_id)),
                                &undigested->pending));
    if (undigested->message_id == 0 || undigested->pending.count == 0)
        return ERR_OK;
    return db_exec(ctx, SQL_MESSAGE_LOST_ATTACHMENT,
                   DB_ARGS(DB_INT(ctx->now_us), DB_INT(undigested->message_id), DB_INT(undigested->workspace_id)),
                   NULL);
}

static enum err sum_judge(struct ctx *ctx, struct undigested *undigested)
{
    if (!undigested->has_promised || memcmp(undigested->promised, undigested->found, SHA256_BYTES) == 0)
        return sum_keep(ctx, undigested);
    TRY(db_run(ctx, undigested_remove, undigested));
    object_deletion_run(ctx, &undigested->pending);
    return ERR_OK;
}

enum err attachment_digest_step(struct ctx *ctx, int64_t after_id, keepalive_fn keepalive, void *keepalive_arg,
                                int64_t *ret_id)
{
    struct undigested undigested;
    enum err e = db_one(ctx, SQL_ATTACHMENT_UNDIGESTED_NEXT, DB_ARGS(DB_INT(after_id)), undigested_read, &undigested);

    *ret_id = 0;
    if (e == ERR_NOT_FOUND)
        return ERR_OK;
    TRY(e);
    e = object_sum(ctx, &undigested, keepalive, keepalive_arg);
    if (e == ERR_OK)
        TRY(sum_judge(ctx, &undigested));
    else if (e != ERR_NOT_FOUND)
        return e;
    *ret_id = undigested.id;
    return ERR_OK;
}
