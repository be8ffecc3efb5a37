#include "word_runs.h"

#include <stdlib.h>

enum { RUN_IDS_MAX = 256, RUN_MAX_BYTES = RUN_IDS_MAX * PACKED_ID_MAX_BYTES };
/* Of word_runs_of_span, word_runs_delete and words_unlist. */
enum { RUNS_AT_ONCE = 16, UNLISTED_AT_ONCE = 32 };

enum err word_run_read(struct ctx *ctx, struct str ids, const struct word_span *span, struct list *items)
{
    struct packed_ids reading = { .rest = ids };
    struct packed_id item = { .id = 0 }, *added;
    enum err e;

    for (e = packed_ids_next(&reading, &item); e == ERR_OK && item.id <= span->last_id;
         e = packed_ids_next(&reading, &item)) {
        if (item.id < span->first_id)
            continue;
        added = list_add(ctx->arena, items, sizeof(*added));
        if (added == NULL)
            return fail(ctx, ERR_NO_MEMORY);
        *added = item;
    }
    return e == ERR_NOT_FOUND ? ERR_OK : e;
}

/* ---- writing ---- */

static enum err run_insert(struct ctx *ctx, const struct word_span *of, const struct packed_id *items, size_t count)
{
    struct buf ids;
    enum err e;

    buf_init(&ids, RUN_MAX_BYTES);
    packed_ids_write(items, count, &ids);
    e = buf_check(&ids) == ERR_OK
            ? db_exec(ctx, SQL_WORD_RUN_INSERT,
                      DB_ARGS(DB_INT(of->workspace_id), DB_BLOB(of->word), DB_INT(items[0].id),
                              DB_INT(items[count - 1].id), DB_INT((int64_t)count), DB_BLOB(buf_str(&ids))),
                      NULL)
            : fail(ctx, ERR_NO_MEMORY);
    buf_release(&ids);
    return e;
}

static enum err runs_insert(struct ctx *ctx, const struct word_span *of, const struct list *items)
{
    for (size_t at = 0; at < items->count; at += RUN_IDS_MAX) {
        size_t left = items->count - at;

        TRY(run_insert(ctx, of, (const struct packed_id *)items->items + at, left < RUN_IDS_MAX ? left : RUN_IDS_MAX));
    }
    return ERR_OK;
}

/* Deletes rows of a word by a list of keys, of which a statement takes so many; who has fewer gives one again. */
static enum err keys_delete(struct ctx *ctx, enum sql statement, size_t at_once, const struct word_span *of,
                            const struct list *keys)
{
    const struct packed_id *items = keys->items;
    struct db_value values[2 + UNLISTED_AT_ONCE] = { DB_INT(of->workspace_id), DB_BLOB(of->word) };

    for (size_t at = 0; at < keys->count; at += at_once) {
        for (size_t i = 0; i < at_once; i++)
            values[2 + i] = DB_INT(items[at + i < keys->count ? at + i : at].id);
        TRY(db_exec(ctx, statement, (struct db_args){ values, 2 + at_once }, NULL));
    }
    return ERR_OK;
}

/* ---- packing ---- */

struct packing {
    const struct word_span *span;
    struct list singles; /* struct packed_id, as all of these */
    struct list runs;    /* by their first ids */
    struct list items;   /* what will be in runs */
    int64_t reached_id;  /* the last id of the last run */
};

static enum err single_add(struct ctx *ctx, const struct db_row *row, void *arg)
{
    struct packing *packing = arg;
    struct packed_id *added = list_add(ctx->arena, &packing->singles, sizeof(*added));

    if (added == NULL)
        return fail(ctx, ERR_NO_MEMORY);
    *added = (struct packed_id){ .id = db_row_int(row, WORDS_OF_SPAN_MESSAGE_ID),
                                 .of = db_row_int(row, WORDS_OF_SPAN_CHAT_ID) };
    return ERR_OK;
}

static enum err run_add(struct ctx *ctx, const struct db_row *row, void *arg)
{
    static const struct word_span all = { .last_id = INT64_MAX };
    struct packing *packing = arg;
    struct packed_id *added = list_add(ctx->arena, &packing->runs, sizeof(*added));
    enum err e;

    if (added == NULL)
        return fail(ctx, ERR_NO_MEMORY);
    added->id = db_row_int(row, WORD_RUNS_OF_SPAN_FIRST_ID);
    packing->reached_id = db_row_int(row, WORD_RUNS_OF_SPAN_LAST_ID);
    e = word_run_read(ctx, db_row_str(row, WORD_RUNS_OF_SPAN_IDS), &all, &packing->items);
    return e == ERR_INVALID ? failf(ctx, ERR_INTERNAL, "A row of word_runs cannot be read; parley reindex mends it")
                            : e;
}

static int compare_ids(const void *a, const void *b)
{
    int64_t one = ((const struct packed_id *)a)->id, other = ((const struct packed_id *)b)->id;

    return (one > other) - (one < other);
}

/* Both together, each message once. */
static enum err items_join(struct ctx *ctx, struct packing *packing)
{
    const struct packed_id *singles = packing->singles.items;
    struct packed_id *items, *added;
    size_t count = 0;

    for (size_t i = 0; i < packing->singles.count; i++) {
        added = list_add(ctx->arena, &packing->items, sizeof(*added));
        if (added == NULL)
            return fail(ctx, ERR_NO_MEMORY);
        *added = singles[i];
    }
    items = packing->items.items;
    qsort(items, packing->items.count, sizeof(*items), compare_ids);
    for (size_t i = 0; i < packing->items.count; i++)
        if (count == 0 || items[i].id != items[count - 1].id)
            items[count++] = items[i];
    packing->items.count = count;
    return ERR_OK;
}

/* The locks of MySQL are on what was read, so what another process removes meanwhile it looks for in the new runs. */
enum err word_runs_pack(struct ctx *ctx, const struct word_span *span)
{
    struct packing packing = { .span = span };
    const struct packed_id *singles;

    TRY(db_each(ctx, SQL_WORDS_OF_SPAN,
                DB_ARGS(DB_INT(span->workspace_id), DB_BLOB(span->word), DB_INT(span->first_id), DB_INT(span->last_id)),
                single_add, &packing));
    TRY(db_each(ctx, SQL_WORD_RUNS_OF_SPAN,
                DB_ARGS(DB_INT(span->workspace_id), DB_BLOB(span->word), DB_INT(span->last_id),
                        DB_INT(span->workspace_id), DB_BLOB(span->word), DB_INT(span->first_id), DB_INT(RUNS_AT_ONCE)),
                run_add, &packing));
    singles = packing.singles.items;
    if (packing.runs.count == RUNS_AT_ONCE)
        while (packing.singles.count > 0 && singles[packing.singles.count - 1].id > packing.reached_id)
            packing.singles.count--;
    if (packing.singles.count == 0)
        return ERR_OK;
    TRY(items_join(ctx, &packing));
    TRY(keys_delete(ctx, SQL_WORD_RUNS_DELETE, RUNS_AT_ONCE, span, &packing.runs));
    TRY(keys_delete(ctx, SQL_WORDS_UNLIST, UNLISTED_AT_ONCE, span, &packing.singles));
    return runs_insert(ctx, span, &packing.items);
}

/* ---- removing ---- */

enum err word_run_delete(struct ctx *ctx, int64_t workspace_id, struct str word, int64_t first_id)
{
    const struct word_span of = { .workspace_id = workspace_id, .word = word };
    struct packed_id first = { .id = first_id };

    return keys_delete(ctx, SQL_WORD_RUNS_DELETE, RUNS_AT_ONCE, &of, &(struct list){ &first, 1 });
}

/* Where the job has just split the run, more than one reaches the message. */
enum err word_runs_remove(struct ctx *ctx, int64_t workspace_id, struct str word, int64_t message_id)
{
    const struct word_span span = {
        .workspace_id = workspace_id, .first_id = message_id, .last_id = message_id, .word = word
    };
    struct packing packing = { .span = &span };
    struct packed_id *items;
    size_t count = 0;

    TRY(db_each(ctx, SQL_WORD_RUNS_OF_SPAN,
                DB_ARGS(DB_INT(workspace_id), DB_BLOB(word), DB_INT(message_id), DB_INT(workspace_id), DB_BLOB(word),
                        DB_INT(message_id), DB_INT(RUNS_AT_ONCE)),
                run_add, &packing));
    items = packing.items.items;
    for (size_t i = 0; i < packing.items.count; i++)
        if (items[i].id != message_id)
            items[count++] = items[i];
    if (count == packing.items.count)
        return ERR_OK;
    packing.items.count = count;
    TRY(keys_delete(ctx, SQL_WORD_RUNS_DELETE, RUNS_AT_ONCE, &span, &packing.runs));
    return runs_insert(ctx, &span, &packing.items);
}
