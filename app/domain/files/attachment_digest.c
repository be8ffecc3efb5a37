#include "parley/domain/files/attachment_digest.h"

#include <stdlib.h>
#include <string.h>

#include "parley/auth/digest.h"
#include "parley/core/clock.h"
#include "parley/db/db.h"
#include "parley/domain/files/attachment.h"
#include "parley/domain/files/attachment_lost.h"
#include "parley/objects/store.h"

struct undigested {
    int64_t id, workspace_id, message_id;
    struct str object_key;
    int64_t size_bytes;
    bool has_promised;
    uint8_t promised[SHA256_BYTES], found[SHA256_BYTES];
    struct attachment_removal removal;
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

struct attachment_digest {
    int64_t after_id; /* every file up to this key is done with */
    /* The file that is being read: */
    int64_t id;            /* 0: none */
    int64_t size_bytes;    /* so much of it has been read… */
    struct digest *digest; /* …into this */
};

struct attachment_digest *attachment_digest_new(void)
{
    return calloc(1, sizeof(struct attachment_digest));
}

void attachment_digest_free(struct attachment_digest *pass)
{
    if (pass == NULL)
        return;
    digest_free(pass->digest);
    free(pass);
}

/* The file that was left may have been deleted since. */
static enum err reading_begin(struct ctx *ctx, struct attachment_digest *pass, const struct undigested *undigested)
{
    if (pass->digest != NULL && pass->id == undigested->id)
        return ERR_OK;
    digest_free(pass->digest);
    pass->digest = digest_new();
    pass->id = undigested->id;
    pass->size_bytes = 0;
    return pass->digest == NULL ? fail(ctx, ERR_NO_MEMORY) : ERR_OK;
}

static void reading_end(struct attachment_digest *pass, struct undigested *undigested)
{
    digest_end(pass->digest, undigested->found);
    pass->digest = NULL;
    pass->after_id = pass->id;
    pass->id = 0;
}

struct summing {
    struct attachment_digest *pass;
    const struct attachment_digest_opts *opts;
    int64_t wanted_bytes; /* the file's size */
    bool paused;
};

/* The last piece is never left: what would then be asked of the store is nothing. */
static enum err sum_bytes(void *arg, const void *bytes, size_t len)
{
    struct summing *summing = arg;

    digest_add(summing->pass->digest, bytes, len);
    summing->pass->size_bytes += (int64_t)len;
    TRY(summing->opts->keepalive(summing->opts->keepalive_arg));
    if (summing->pass->size_bytes >= summing->wanted_bytes || clock_monotonic_us() < summing->opts->until_us)
        return ERR_OK;
    summing->paused = true;
    return ERR_TIMEOUT; /* ends the reading; object_sum knows why */
}

/* *ret_paused: there is more to be read. */
static enum err object_sum(struct ctx *ctx, struct attachment_digest *pass, const struct undigested *undigested,
                           const struct attachment_digest_opts *opts, bool *ret_paused)
{
    struct summing summing = { .pass = pass, .opts = opts, .wanted_bytes = undigested->size_bytes };
    enum err e = store_get(ctx->app->store, ctx->arena, undigested->object_key, pass->size_bytes, -1, sum_bytes,
                           &summing);

    *ret_paused = summing.paused;
    if (summing.paused)
        return ERR_OK;
    return e == ERR_OK && pass->size_bytes != undigested->size_bytes ? ERR_STORAGE : e;
}

/* Locked; ERR_NOT_FOUND: the file has gone. It may have been bound since it was found. */
static enum err message_find_again(struct ctx *ctx, struct undigested *undigested)
{
    return db_number(ctx, SQL_ATTACHMENT_MESSAGE_LOCK,
                     DB_ARGS(DB_INT(undigested->id), DB_INT(undigested->workspace_id)), &undigested->message_id);
}

static enum err sum_keep(struct ctx *ctx, void *arg)
{
    struct undigested *undigested = arg;
    const struct str sum = { (const char *)undigested->found, SHA256_BYTES };
    enum err e = message_find_again(ctx, undigested);

    if (e != ERR_OK)
        return e == ERR_NOT_FOUND ? ERR_OK : e;
    TRY(db_exec(ctx, SQL_ATTACHMENT_SET_SHA256,
                DB_ARGS(DB_BLOB(sum), DB_INT(undigested->id), DB_INT(undigested->workspace_id)), NULL));
    return attachment_tell_message(ctx, undigested->workspace_id, undigested->message_id);
}

static enum err undigested_remove(struct ctx *ctx, void *arg)
{
    struct undigested *undigested = arg;
    enum err e = message_find_again(ctx, undigested);

    if (e == ERR_NOT_FOUND)
        return ERR_OK;
    TRY(e);
    return attachment_lose(
        ctx, SQL_ATTACHMENTS_GOING_BY_ID,
        &(struct attachment_place){ undigested->id, undigested->workspace_id, undigested->message_id },
        &undigested->removal);
}

static enum err sum_judge(struct ctx *ctx, struct undigested *undigested)
{
    if (!undigested->has_promised || memcmp(undigested->promised, undigested->found, SHA256_BYTES) == 0)
        return db_run(ctx, sum_keep, undigested);
    TRY(db_run(ctx, undigested_remove, undigested));
    object_deletion_run(ctx, &undigested->removal.pending);
    return ERR_OK;
}

enum err attachment_digest_step(struct ctx *ctx, struct attachment_digest *pass,
                                const struct attachment_digest_opts *opts, bool *ret_more)
{
    struct undigested undigested;
    bool paused = false;
    enum err e = db_one(ctx, SQL_ATTACHMENT_UNDIGESTED_NEXT, DB_ARGS(DB_INT(pass->after_id)), undigested_read,
                        &undigested);

    *ret_more = e == ERR_OK;
    if (e == ERR_NOT_FOUND)
        return ERR_OK;
    TRY(e);
    TRY(reading_begin(ctx, pass, &undigested));
    e = object_sum(ctx, pass, &undigested, opts, &paused);
    if (paused)
        return ERR_OK;
    if (e != ERR_OK && e != ERR_NOT_FOUND)
        return e;
    reading_end(pass, &undigested);
    return e == ERR_OK ? sum_judge(ctx, &undigested) : ERR_OK;
}
