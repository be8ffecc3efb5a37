#include "parley/domain/talk/message_index.h"

#include "parley/core/limits.h"
#include "word_rows.h"

/* ---- what is to be done ---- */

enum err message_index_add(struct ctx *ctx, int64_t workspace_id, int64_t message_id, struct str old_content)
{
    outcome_wake(ctx, OUTCOME_WORDS);
    return db_insert(ctx, SQL_INDEX_QUEUE_ADD, DB_ARGS(DB_INT(message_id), DB_INT(workspace_id), DB_TEXT(old_content)),
                     NULL);
}

enum err message_index_add_found(struct ctx *ctx, enum sql statement, struct db_args args)
{
    outcome_wake(ctx, OUTCOME_WORDS);
    return db_exec(ctx, statement, args, NULL);
}

/* ---- the job ---- */

enum { DONE_AT_ONCE = 32 }; /* of index_queue_done */

/* What a batch does: words of old texts go, those of the present ones come. */
struct indexing {
    struct list removed, added; /* struct word_row */
    struct list done;           /* int64_t: rows of the queue */
};

static enum err row_add(struct ctx *ctx, const struct db_row *row, void *arg)
{
    struct indexing *indexing = arg;
    struct word_row of = {
        .workspace_id = db_row_int(row, INDEX_QUEUE_NEXT_OLD_WORKSPACE_ID),
        .message_id = db_row_int(row, INDEX_QUEUE_NEXT_MESSAGE_ID),
    };
    int64_t *id;

    if (indexing->removed.count + indexing->added.count >= INDEX_BATCH_WORDS)
        return ERR_OK; /* it stays in the queue */
    TRY(word_rows_add(ctx, &indexing->removed, &of, db_row_str(row, INDEX_QUEUE_NEXT_OLD_CONTENT)));
    of.workspace_id = db_row_int(row, INDEX_QUEUE_NEXT_WORKSPACE_ID);
    of.chat_id = db_row_int(row, INDEX_QUEUE_NEXT_CHAT_ID);
    TRY(word_rows_add(ctx, &indexing->added, &of, db_row_str(row, INDEX_QUEUE_NEXT_CONTENT)));
    id = list_add(ctx->arena, &indexing->done, sizeof(*id));
    if (id == NULL)
        return fail(ctx, ERR_NO_MEMORY);
    *id = db_row_int(row, INDEX_QUEUE_NEXT_ID);
    return ERR_OK;
}

static enum err done_delete(struct ctx *ctx, const struct list *done)
{
    const int64_t *ids = done->items;
    struct db_value values[DONE_AT_ONCE];

    for (size_t at = 0; at < done->count; at += DONE_AT_ONCE) {
        for (size_t i = 0; i < DONE_AT_ONCE; i++)
            values[i] = DB_INT(ids[at + i < done->count ? at + i : at]);
        TRY(db_exec(ctx, SQL_INDEX_QUEUE_DONE, (struct db_args){ values, DONE_AT_ONCE }, NULL));
    }
    return ERR_OK;
}

static enum err batch_write(struct ctx *ctx, void *arg)
{
    struct indexing *indexing = arg;

    TRY(word_rows_delete(ctx, &indexing->removed));
    TRY(word_rows_insert(ctx, &indexing->added));
    return done_delete(ctx, &indexing->done);
}

/*
 * Texts are read outside of the transaction: it is short then, and who changes one of them meanwhile leaves a row for the
 * next batch, which removes what this one has written of it.
 */
enum err message_index_step(struct ctx *ctx, int64_t *ret_count)
{
    struct indexing indexing = { .done = { NULL, 0 } };

    *ret_count = 0;
    TRY(db_each(ctx, SQL_INDEX_QUEUE_NEXT, DB_ARGS(DB_INT(INDEX_BATCH_ROWS)), row_add, &indexing));
    if (indexing.done.count == 0)
        return ERR_OK;
    TRY(db_run(ctx, batch_write, &indexing));
    *ret_count = (int64_t)indexing.done.count;
    return ERR_OK;
}
