#include "parley/domain/files/object_deletion.h"

#include "parley/core/clock.h"
#include "parley/db/db.h"
#include "parley/objects/store.h"

/* The most values in front of a list of ids. */
enum { ARGS_BEFORE_IDS_MAX = 2 };

static enum err run_with_ids(struct ctx *ctx, enum sql statement, struct db_args first,
                             const struct pending_deletions *batch, int64_t *ret_count)
{
    struct db_value values[ARGS_BEFORE_IDS_MAX + OBJECT_BATCH_MAX];
    size_t count = 0;

    for (size_t i = 0; i < first.count; i++)
        values[count++] = first.values[i];
    for (size_t i = 0; i < OBJECT_BATCH_MAX; i++)
        values[count++] = i < batch->count ? DB_INT(batch->items[i].id) : DB_NULL;
    return db_exec(ctx, statement, (struct db_args){ values, count }, ret_count);
}

static enum err row_insert(struct ctx *ctx, const struct pending_deletion *pending, int64_t *ret_id)
{
    return db_insert(ctx, SQL_OBJECT_DELETION_INSERT,
                     DB_ARGS(DB_TEXT(pending->key), DB_TEXT(pending->store_upload_id), DB_INT(pending->due_us)),
                     ret_id);
}

enum err object_deletion_add(struct ctx *ctx, struct pending_deletions *batch, const struct pending_deletion *pending)
{
    int64_t id = 0;

    if (batch->count >= OBJECT_BATCH_MAX)
        return fail(ctx, ERR_LIMIT);
    TRY(row_insert(ctx, pending, &id));
    batch->items[batch->count] = *pending;
    batch->items[batch->count++].id = id;
    return ERR_OK;
}

enum err object_deletion_queue(struct ctx *ctx, const struct pending_deletion *pending)
{
    return row_insert(ctx, pending, NULL);
}

enum err object_deletion_withdraw(struct ctx *ctx, const struct pending_deletions *batch)
{
    int64_t count = 0;

    if (batch->count == 0)
        return ERR_OK;
    TRY(run_with_ids(ctx, SQL_OBJECT_DELETIONS_WITHDRAW, DB_NO_ARGS, batch, &count));
    return count == (int64_t)batch->count ? ERR_OK : fail(ctx, ERR_STORAGE);
}

static enum err object_delete(struct ctx *ctx, const struct pending_deletion *pending)
{
    if (pending->store_upload_id.ptr != NULL)
        TRY(store_multipart_abort(ctx->app->store, ctx->arena, pending->key, pending->store_upload_id));
    return store_delete(ctx->app->store, ctx->arena, pending->key);
}

/* Deletes objects until the store fails; *ret_gone are those whose rows may go. */
static enum err objects_delete(struct ctx *ctx, const struct pending_deletions *batch,
                               struct pending_deletions *ret_gone)
{
    for (size_t i = 0; i < batch->count; i++) {
        TRY(object_delete(ctx, &batch->items[i]));
        if (batch->items[i].row == DOOMED_ONCE)
            ret_gone->items[ret_gone->count++] = batch->items[i];
    }
    return ERR_OK;
}

enum err object_deletion_finish(struct ctx *ctx, const struct pending_deletions *batch)
{
    struct pending_deletions gone = { .count = 0 };
    enum err e = objects_delete(ctx, batch, &gone);

    if (gone.count > 0)
        TRY(run_with_ids(ctx, SQL_OBJECT_DELETIONS_DELETE, DB_NO_ARGS, &gone, NULL));
    return e;
}

void object_deletion_run(struct ctx *ctx, const struct pending_deletions *batch)
{
    struct problem kept = *ctx->problem;

    if (batch->count > 0 && object_deletion_finish(ctx, batch) != ERR_OK)
        *ctx->problem = kept;
}

static enum err due_read(struct ctx *ctx, const struct db_row *row, void *arg)
{
    struct pending_deletions *batch = arg;

    (void)ctx;
    if (batch->count < OBJECT_BATCH_MAX)
        batch->items[batch->count++].id = db_row_int(row, OBJECT_DELETIONS_DUE_ID);
    return ERR_OK;
}

static enum err begun_read(struct ctx *ctx, const struct db_row *row, void *arg)
{
    struct pending_deletions *batch = arg;
    struct pending_deletion *pending;

    if (batch->count >= OBJECT_BATCH_MAX)
        return ERR_OK;
    pending = &batch->items[batch->count++];
    *pending = (struct pending_deletion){
        .id = db_row_int(row, OBJECT_DELETIONS_BEGUN_ID),
        .key = arena_str(ctx->arena, db_row_str(row, OBJECT_DELETIONS_BEGUN_OBJECT_KEY)),
        .store_upload_id = arena_str(ctx->arena, db_row_str(row, OBJECT_DELETIONS_BEGUN_STORE_UPLOAD_ID)),
        .row = DOOMED_ONCE,
    };
    return arena_check(ctx->arena);
}

/* A row that is withdrawn between the two statements is gone from the second; one that was marked cannot be withdrawn. */
enum err object_deletion_claim(struct ctx *ctx, struct pending_deletions *ret_batch)
{
    struct pending_deletions due = { .count = 0 };
    struct pending_deletions begun = { .count = 0 };
    struct db_value ids[OBJECT_BATCH_MAX];

    TRY(db_each(ctx, SQL_OBJECT_DELETIONS_DUE, DB_ARGS(DB_INT(ctx->now_us), DB_INT(OBJECT_BATCH_MAX)), due_read, &due));
    if (due.count > 0) {
        TRY(run_with_ids(ctx, SQL_OBJECT_DELETIONS_BEGIN, DB_ARGS(DB_INT(ctx->now_us), DB_INT(ctx->now_us)), &due,
                         NULL));
        for (size_t i = 0; i < OBJECT_BATCH_MAX; i++)
            ids[i] = i < due.count ? DB_INT(due.items[i].id) : DB_NULL;
        TRY(db_each(ctx, SQL_OBJECT_DELETIONS_BEGUN, (struct db_args){ ids, OBJECT_BATCH_MAX }, begun_read, &begun));
    }
    *ret_batch = begun;
    return ERR_OK;
}
