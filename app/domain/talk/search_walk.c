#include "search_walk.h"

#include <stdlib.h>

#include "parley/core/clock.h"
#include "parley/core/limits.h"
#include "search_proof.h"
#include "word_runs.h"

/*
 * Rows that one statement reads: a word's come in the order of the index, as many as are read; those of a beginning are all
 * read and sorted each time.
 */
enum { WORD_ROWS = 256, BEGINNING_ROWS = 2000, PROBED_AT_ONCE = 32, WORD_RUNS = 4, PROBED_RUNS = 8 };

/* The word along whose messages the walk goes. */
struct driver {
    const struct query_word *word;
    struct str
        end; /* of a beginning: what is not below it does not begin so; absent: it is looked for as a whole word */
    int64_t count; /* of its messages, up to a bound */
};

struct walk {
    struct search_run *run;
    int64_t workspace_id;
    struct list chats; /* int64_t: those that the caller may read, sorted */
    struct driver driver;
    int64_t below_id; /* all from it on has been looked at */
    int64_t stop_id;
    bool is_end;         /* there is nothing below it */
    struct list entries; /* struct packed_id: what the last statements have read, messages and their chats */
    size_t row_count;    /* of one of them */
    int64_t last_id;     /* of its last row: the message, of a run the first one */
    struct list ids;     /* int64_t: what is left of them, newest first */
};

/* ---- chats ---- */

static int compare_ids(const void *a, const void *b)
{
    int64_t one = *(const int64_t *)a, other = *(const int64_t *)b;

    return (one > other) - (one < other);
}

static enum err chats_load(struct ctx *ctx, struct walk *walk)
{
    static const struct uuid any;
    const struct search_opts *opts = walk->run->opts;
    const struct db_value workspace = DB_INT(walk->workspace_id), user = DB_INT(opts->principal->user_id),
                          chat = uuid_eq(&opts->chat, &any) ? DB_NULL : DB_UUID(&opts->chat);

    TRY(db_ids(ctx, SQL_SEARCH_CHATS_OF_EVERYONE, DB_ARGS(workspace, chat), &walk->chats));
    TRY(db_ids(ctx, SQL_SEARCH_CHATS_JOINED, DB_ARGS(workspace, user, chat), &walk->chats));
    if (walk->chats.count > 1)
        qsort(walk->chats.items, walk->chats.count, sizeof(int64_t), compare_ids);
    return ERR_OK;
}

static bool is_readable(const struct walk *walk, int64_t chat_id)
{
    return bsearch(&chat_id, walk->chats.items, walk->chats.count, sizeof(chat_id), compare_ids) != NULL;
}

/* ---- the rarest word ---- */

/* How many rows driver->word has; where it is a beginning, also where those end. */
static enum err driver_measure(struct ctx *ctx, const struct walk *walk, struct driver *driver)
{
    const struct db_value workspace = DB_INT(walk->workspace_id), text = DB_BLOB(driver->word->text);
    const struct db_value few = DB_INT(SEARCH_COUNT_MAX), many = DB_INT(SEARCH_ROWS_MAX + 1);

    if (!driver->word->is_beginning)
        return db_number(ctx, SQL_WORD_COUNT, DB_ARGS(workspace, text, few, workspace, text, few), &driver->count);
    driver->end = str_from(arena_printf(ctx->arena, "%.*s\xff", STR_FMT(driver->word->text)));
    if (driver->end.ptr == NULL)
        return fail(ctx, ERR_NO_MEMORY);
    return db_number(ctx, SQL_WORD_BEGINNING_COUNT,
                     DB_ARGS(workspace, text, DB_BLOB(driver->end), many, workspace, text, DB_BLOB(driver->end), many),
                     &driver->count);
}

/* Beginnings are walked along only where there is nothing else. */
static enum err driver_choose(struct ctx *ctx, struct walk *walk)
{
    const struct word_query *query = walk->run->opts->query;

    if (query->word_count == 1 && !query->words[0].is_beginning) {
        walk->driver.word = query->words;
        return ERR_OK;
    }
    for (size_t i = 0; i < query->word_count; i++) {
        struct driver driver = { .word = &query->words[i] }, *best = &walk->driver;

        if (best->word != NULL && !best->word->is_beginning && driver.word->is_beginning)
            continue;
        TRY(driver_measure(ctx, walk, &driver));
        if (best->word == NULL || (best->word->is_beginning && !driver.word->is_beginning) ||
            driver.count < best->count)
            *best = driver;
    }
    if (walk->driver.word->is_beginning && walk->driver.count > SEARCH_ROWS_MAX) {
        walk->driver.end = (struct str){ NULL, 0 };
        walk->run->shortened = true;
    }
    return ERR_OK;
}

/* ---- rows of the index ---- */

static bool is_beginning(const struct driver *driver)
{
    return driver->end.ptr != NULL;
}

static int64_t rows_at_once(const struct driver *driver)
{
    return is_beginning(driver) ? BEGINNING_ROWS : WORD_ROWS;
}

static enum err row_add(struct ctx *ctx, const struct db_row *row, void *arg)
{
    struct walk *walk = arg;
    struct packed_id *added = list_add(ctx->arena, &walk->entries, sizeof(*added));

    if (added == NULL)
        return fail(ctx, ERR_NO_MEMORY);
    *added = (struct packed_id){ .id = db_row_int(row, WORD_WALK_MESSAGE_ID),
                                 .of = db_row_int(row, WORD_WALK_CHAT_ID) };
    walk->row_count++;
    walk->last_id = added->id;
    return ERR_OK;
}

static enum err ids_add(struct ctx *ctx, struct walk *walk, struct str ids, int64_t from_id)
{
    const struct word_span span = { .first_id = from_id, .last_id = walk->below_id - 1 };
    enum err e = word_run_read(ctx, ids, &span, &walk->entries);

    walk->row_count++;
    return e == ERR_INVALID ? failf(ctx, ERR_INTERNAL, "A row of word_runs cannot be read; parley reindex mends it")
                            : e;
}

static enum err run_add(struct ctx *ctx, const struct db_row *row, void *arg)
{
    struct walk *walk = arg;

    walk->last_id = db_row_int(row, WORD_RUN_WALK_FIRST_ID);
    return ids_add(ctx, walk, db_row_str(row, WORD_RUN_WALK_IDS), 0);
}

static enum err beginning_run_add(struct ctx *ctx, const struct db_row *row, void *arg)
{
    struct walk *walk = arg;

    return ids_add(ctx, walk, db_row_str(row, WORD_RUN_BEGINNING_WALK_IDS), walk->last_id);
}

/* Rows of their own, newest first. *ret_from: all from that one on have been read; 0: all. */
static enum err singles_read(struct ctx *ctx, struct walk *walk, int64_t *ret_from)
{
    const struct driver *driver = &walk->driver;
    const struct db_value workspace = DB_INT(walk->workspace_id), word = DB_BLOB(driver->word->text),
                          below = DB_INT(walk->below_id), limit = DB_INT(rows_at_once(driver));

    walk->row_count = 0;
    if (!is_beginning(driver))
        TRY(db_each(ctx, SQL_WORD_WALK, DB_ARGS(workspace, word, below, limit), row_add, walk));
    else
        TRY(db_each(ctx, SQL_WORD_BEGINNING_WALK, DB_ARGS(workspace, word, DB_BLOB(driver->end), below, limit), row_add,
                    walk));
    *ret_from = (int64_t)walk->row_count < rows_at_once(driver) ? 0 : walk->last_id;
    return ERR_OK;
}

/* The same of runs. Those of a word do not overlap, so they come in their order; of a beginning all are read that reach *from. */
static enum err runs_read(struct ctx *ctx, struct walk *walk, int64_t *from)
{
    const struct driver *driver = &walk->driver;
    const struct db_value workspace = DB_INT(walk->workspace_id), word = DB_BLOB(driver->word->text),
                          below = DB_INT(walk->below_id);

    walk->row_count = 0;
    walk->last_id = *from;
    if (is_beginning(driver))
        return db_each(ctx, SQL_WORD_RUN_BEGINNING_WALK,
                       DB_ARGS(workspace, word, DB_BLOB(driver->end), below, DB_INT(*from)), beginning_run_add, walk);
    TRY(db_each(ctx, SQL_WORD_RUN_WALK, DB_ARGS(workspace, word, below, DB_INT(WORD_RUNS)), run_add, walk));
    if (walk->row_count == WORD_RUNS && walk->last_id > *from)
        *from = walk->last_id;
    return ERR_OK;
}

static int compare_entries(const void *a, const void *b)
{
    return -compare_ids(&((const struct packed_id *)a)->id, &((const struct packed_id *)b)->id);
}

/* Of what was read: each message once, newest first, of chats that the caller may read. Their number, with the others. */
static enum err ids_keep(struct ctx *ctx, struct walk *walk, int64_t from, int64_t *ret_count)
{
    struct packed_id *entries = walk->entries.items;
    int64_t last_id = 0, count = 0, *added;

    walk->ids.count = 0;
    if (walk->entries.count > 1)
        qsort(entries, walk->entries.count, sizeof(*entries), compare_entries);
    for (size_t i = 0; i < walk->entries.count && entries[i].id >= from; i++, count++) {
        if (entries[i].id == last_id || entries[i].id <= walk->stop_id || !is_readable(walk, entries[i].of))
            continue;
        last_id = entries[i].id;
        added = list_add(ctx->arena, &walk->ids, sizeof(*added));
        if (added == NULL)
            return fail(ctx, ERR_NO_MEMORY);
        *added = last_id;
    }
    *ret_count = count;
    return ERR_OK;
}

static enum err rows_read(struct ctx *ctx, struct walk *walk)
{
    int64_t from, count = 0;

    walk->entries.count = 0;
    TRY(singles_read(ctx, walk, &from));
    TRY(runs_read(ctx, walk, &from));
    TRY(ids_keep(ctx, walk, from, &count));
    walk->run->rows_left -= is_beginning(&walk->driver) ? walk->driver.count : count;
    walk->below_id = from;
    walk->is_end = from == 0;
    return ERR_OK;
}

/* ---- the other words ---- */

struct probing {
    const int64_t *ids;
    bool *found;
    size_t count;
    size_t run_count;   /* that were looked at */
    int64_t reached_id; /* where the last of them begins */
};

static enum err probe_note(struct ctx *ctx, const struct db_row *row, void *arg)
{
    struct probing *probing = arg;
    int64_t id = db_row_int(row, WORD_PROBE_MESSAGE_ID);

    (void)ctx;
    for (size_t i = 0; i < probing->count; i++)
        probing->found[i] |= probing->ids[i] == id;
    return ERR_OK;
}

static enum err probe_run(struct ctx *ctx, const struct db_row *row, void *arg)
{
    struct probing *probing = arg;
    const struct word_span span = { .first_id = probing->ids[probing->count - 1], .last_id = probing->ids[0] };
    struct list items = { NULL, 0 };
    enum err e = word_run_read(ctx, db_row_str(row, WORD_RUN_PROBE_IDS), &span, &items);

    for (size_t n = 0; n < items.count; n++)
        for (size_t i = 0; i < probing->count; i++)
            probing->found[i] |= probing->ids[i] == ((const struct packed_id *)items.items)[n].id;
    probing->run_count++;
    probing->reached_id = db_row_int(row, WORD_RUN_PROBE_FIRST_ID);
    return e == ERR_INVALID ? failf(ctx, ERR_INTERNAL, "A row of word_runs cannot be read; parley reindex mends it")
                            : e;
}

/* In runs, too. Where these are many those further down may have the word: reading their messages will tell. */
static enum err runs_probe(struct ctx *ctx, const struct walk *walk, struct str word, struct probing *probing)
{
    const struct db_value workspace = DB_INT(walk->workspace_id), text = DB_BLOB(word);

    TRY(db_each(ctx, SQL_WORD_RUN_PROBE,
                DB_ARGS(workspace, text, DB_INT(probing->ids[0]), workspace, text,
                        DB_INT(probing->ids[probing->count - 1]), DB_INT(PROBED_RUNS)),
                probe_run, probing));
    for (size_t i = 0; probing->run_count == PROBED_RUNS && i < probing->count; i++)
        probing->found[i] |= probing->ids[i] < probing->reached_id;
    return ERR_OK;
}

static bool has_all(const struct probing *probing)
{
    for (size_t i = 0; i < probing->count; i++)
        if (!probing->found[i])
            return false;
    return true;
}

/* Of a piece of ids, those whose messages have the word, too; their number. */
static enum err piece_probe(struct ctx *ctx, struct walk *walk, struct str word, int64_t *ids, size_t *count)
{
    struct db_value values[2 + PROBED_AT_ONCE] = { DB_INT(walk->workspace_id), DB_BLOB(word) };
    bool found[PROBED_AT_ONCE] = { false };
    struct probing probing = { .ids = ids, .found = found, .count = *count };
    size_t kept = 0;

    for (size_t i = 0; i < PROBED_AT_ONCE; i++)
        values[2 + i] = DB_INT(ids[i < *count ? i : 0]);
    TRY(db_each(ctx, SQL_WORD_PROBE, (struct db_args){ values, COUNT_OF(values) }, probe_note, &probing));
    if (!has_all(&probing))
        TRY(runs_probe(ctx, walk, word, &probing));
    walk->run->rows_left -= (int64_t)*count;
    for (size_t i = 0; i < *count; i++)
        if (found[i])
            ids[kept++] = ids[i];
    *count = kept;
    return ERR_OK;
}

static enum err others_probe(struct ctx *ctx, struct walk *walk, int64_t *ids, size_t *count)
{
    const struct word_query *query = walk->run->opts->query;

    for (size_t i = 0; i<query->word_count && * count> 0; i++)
        if (!query->words[i].is_beginning && &query->words[i] != walk->driver.word)
            TRY(piece_probe(ctx, walk, query->words[i].text, ids, count));
    return ERR_OK;
}

/* ---- the walk ---- */

static bool is_full(const struct walk *walk, const struct list *found)
{
    return (int64_t)found->count > walk->run->opts->limit;
}

static bool is_spent(const struct search_run *run)
{
    return run->rows_left <= 0 || clock_monotonic_us() >= run->until_us;
}

/*
 * Proves what the last statement has read, a piece at a time; ends early, with below_id behind the last piece, where there is
 * enough or the time is over.
 */
static enum err ids_prove(struct ctx *ctx, struct walk *walk, struct list *found)
{
    int64_t *ids = walk->ids.items;

    for (size_t at = 0; at < walk->ids.count && !is_full(walk, found); at += PROBED_AT_ONCE) {
        size_t count = walk->ids.count - at < PROBED_AT_ONCE ? walk->ids.count - at : PROBED_AT_ONCE;
        size_t end = at + count;
        int64_t last = ids[end - 1];

        TRY(others_probe(ctx, walk, ids + at, &count));
        TRY(search_prove(ctx, walk->run->opts, walk->workspace_id, ids + at, count, found));
        if (end < walk->ids.count && is_spent(walk->run)) {
            walk->below_id = last;
            walk->is_end = false;
            return ERR_OK;
        }
    }
    return ERR_OK;
}

enum err search_walk(struct ctx *ctx, struct search_run *run, int64_t workspace_id, int64_t stop_id, struct list *found,
                     int64_t *ret_reached)
{
    struct walk walk = {
        .run = run, .workspace_id = workspace_id, .below_id = run->opts->below_id, .stop_id = stop_id
    };

    *ret_reached = 0;
    TRY(chats_load(ctx, &walk));
    if (walk.chats.count == 0)
        return ERR_OK;
    TRY(driver_choose(ctx, &walk));
    do {
        TRY(rows_read(ctx, &walk));
        TRY(ids_prove(ctx, &walk, found));
        if (walk.is_end || is_full(&walk, found) || walk.below_id <= stop_id)
            return ERR_OK;
    } while (!is_spent(run));
    *ret_reached = walk.below_id;
    return ERR_OK;
}
