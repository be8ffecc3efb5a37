#include "parley/domain/talk/reindex.h"

#include "parley/core/buf.h"
#include "parley/core/limits.h"
#include "word_rows.h"
#include "word_runs.h"

/* The row of singletons that keeps the place. */
#define ROW_NAME DB_TEXT(STR("reindex"))

enum { SWEEP_ROWS = 500, RUNS_AT_ONCE = 16, PLACE_MAX_BYTES = 256 };

/* ---- the place, as it is kept: "runs", "messages ID" or "words WORKSPACE ID WORD", the word in hex digits ---- */

static struct str place_text(struct ctx *ctx, const struct reindex *reindex)
{
    struct buf out;
    struct str text;

    buf_init(&out, PLACE_MAX_BYTES);
    if (reindex->part == REINDEX_RUNS)
        buf_add_c(&out, "runs");
    else if (reindex->part == REINDEX_MESSAGES)
        buf_addf(&out, "messages %lld", (long long)reindex->message_id);
    else {
        buf_addf(&out, "words %lld %lld ", (long long)reindex->workspace_id, (long long)reindex->message_id);
        buf_add_hex(&out, reindex->word, reindex->word_len);
    }
    text = buf_check(&out) == ERR_OK ? arena_str(ctx->arena, buf_str(&out)) : (struct str){ NULL, 0 };
    buf_release(&out);
    return text;
}

static enum err word_parse(struct str hex, struct reindex *reindex)
{
    reindex->word_len = hex.len / 2;
    if (hex.len % 2 != 0 || reindex->word_len > WORD_MAX_BYTES)
        return ERR_INVALID;
    for (size_t i = 0; i < hex.len; i++) {
        int digit = str_hex_digit(hex.ptr[i]);

        if (digit < 0)
            return ERR_INVALID;
        reindex->word[i / 2] = (char)(i % 2 == 0 ? digit << 4 : (unsigned char)reindex->word[i / 2] | digit);
    }
    return ERR_OK;
}

static enum err place_parse(struct str text, struct reindex *ret_reindex)
{
    struct reindex reindex = { .part = REINDEX_RUNS };
    struct str piece, rest = text;

    if (!str_split(&rest, ' ', &piece))
        return ERR_INVALID;
    if (str_eq_c(piece, "runs")) {
        *ret_reindex = reindex;
        return ERR_OK;
    }
    reindex.part = str_eq_c(piece, "words") ? REINDEX_SWEEP : REINDEX_MESSAGES;
    if (reindex.part == REINDEX_SWEEP) {
        if (!str_split(&rest, ' ', &piece))
            return ERR_INVALID;
        TRY(str_to_int64(piece, &reindex.workspace_id));
    }
    if (!str_split(&rest, ' ', &piece))
        return ERR_INVALID;
    TRY(str_to_int64(piece, &reindex.message_id));
    if (reindex.part == REINDEX_SWEEP && str_split(&rest, ' ', &piece))
        TRY(word_parse(piece, &reindex));
    *ret_reindex = reindex;
    return ERR_OK;
}

static enum err place_read(struct ctx *ctx, const struct db_row *row, void *arg)
{
    return place_parse(db_row_str(row, REINDEX_PLACE_VALUE), arg) == ERR_OK
               ? ERR_OK
               : failf(ctx, ERR_INVALID, "The place to go on from cannot be read; begin anew with --restart");
}

static enum err place_write(struct ctx *ctx, const struct reindex *reindex)
{
    const struct str text = place_text(ctx, reindex);

    if (text.ptr == NULL)
        return fail(ctx, ERR_NO_MEMORY);
    return db_exec(ctx, SQL_REINDEX_GO_ON, DB_ARGS(DB_TEXT(text), ROW_NAME), NULL);
}

struct beginning {
    enum reindex_from from;
    struct reindex reindex;
    bool resumed;
};

static enum err begin(struct ctx *ctx, void *arg)
{
    struct beginning *beginning = arg;
    enum err e;

    beginning->reindex = (struct reindex){ .part = REINDEX_RUNS };
    beginning->resumed = false;
    if (beginning->from == REINDEX_ANEW)
        TRY(db_exec(ctx, SQL_REINDEX_END, DB_ARGS(ROW_NAME), NULL));
    e = db_one(ctx, SQL_REINDEX_PLACE, DB_ARGS(ROW_NAME), place_read, &beginning->reindex);
    if (e != ERR_NOT_FOUND) {
        beginning->resumed = true;
        return e;
    }
    return db_exec(ctx, SQL_REINDEX_BEGIN,
                   DB_ARGS(ROW_NAME, DB_TEXT(place_text(ctx, &beginning->reindex)), DB_INT(ctx->now_us)), NULL);
}

enum err reindex_begin(struct ctx *ctx, enum reindex_from from, struct reindex *ret_reindex, bool *ret_resumed)
{
    struct beginning beginning = { .from = from };

    TRY(db_run(ctx, begin, &beginning));
    *ret_reindex = beginning.reindex;
    *ret_resumed = beginning.resumed;
    return ERR_OK;
}

static enum err is_there(struct ctx *ctx, const struct db_row *row, void *arg)
{
    (void)ctx;
    (void)row;
    (void)arg;
    return ERR_OK;
}

enum err reindex_is_open(struct ctx *ctx, bool *ret_is_open)
{
    enum err e = db_one(ctx, SQL_REINDEX_PLACE, DB_ARGS(ROW_NAME), is_there, NULL);

    *ret_is_open = e == ERR_OK;
    return e == ERR_NOT_FOUND ? ERR_OK : e;
}

enum err reindex_last_id(struct ctx *ctx, int64_t *ret_id)
{
    return db_number(ctx, SQL_REINDEX_LAST_ID, DB_NO_ARGS, ret_id);
}

/* ---- steps ---- */

struct stepping {
    const struct reindex *from;
    struct reindex to;
    struct reindex_step step;
    struct list rows; /* struct word_row, to be added or removed */
    struct list runs; /* struct word_row: what is taken apart, by its first message */
    bool more;        /* a row was read */
};

static enum err run_add(struct ctx *ctx, const struct db_row *row, void *arg)
{
    static const struct word_span all = { .last_id = INT64_MAX };
    struct stepping *stepping = arg;
    const struct word_row of = { .workspace_id = db_row_int(row, WORD_RUNS_NEXT_WORKSPACE_ID),
                                 .message_id = db_row_int(row, WORD_RUNS_NEXT_FIRST_ID),
                                 .word = arena_str(ctx->arena, db_row_str(row, WORD_RUNS_NEXT_WORD)) };
    struct word_row *run = list_add(ctx->arena, &stepping->runs, sizeof(*run));
    struct list items = { NULL, 0 };
    enum err e;

    if (run == NULL)
        return fail(ctx, ERR_NO_MEMORY);
    *run = of;
    e = word_run_read(ctx, db_row_str(row, WORD_RUNS_NEXT_IDS), &all, &items);
    if (e != ERR_OK && e != ERR_INVALID) /* what cannot be read is damage, and written anew with the messages */
        return e;
    for (size_t i = 0; i < items.count; i++) {
        struct word_row *added = list_add(ctx->arena, &stepping->rows, sizeof(*added));

        if (added == NULL)
            return fail(ctx, ERR_NO_MEMORY);
        *added = of;
        added->message_id = ((const struct packed_id *)items.items)[i].id;
        added->chat_id = ((const struct packed_id *)items.items)[i].of;
    }
    return arena_check(ctx->arena);
}

/* Rows of their own in place of runs. */
static enum err runs_step(struct ctx *ctx, struct stepping *stepping)
{
    const struct word_row *runs;

    TRY(db_each(ctx, SQL_WORD_RUNS_NEXT, DB_ARGS(DB_INT(RUNS_AT_ONCE)), run_add, stepping));
    if (stepping->runs.count == 0)
        stepping->to = (struct reindex){ .part = REINDEX_MESSAGES };
    runs = stepping->runs.items;
    for (size_t i = 0; i < stepping->runs.count; i++)
        TRY(word_run_delete(ctx, runs[i].workspace_id, runs[i].word, runs[i].message_id));
    return word_rows_insert(ctx, &stepping->rows);
}

static enum err message_add(struct ctx *ctx, const struct db_row *row, void *arg)
{
    struct stepping *stepping = arg;
    const struct word_row of = { .workspace_id = db_row_int(row, REINDEX_MESSAGES_WORKSPACE_ID),
                                 .message_id = db_row_int(row, REINDEX_MESSAGES_ID),
                                 .chat_id = db_row_int(row, REINDEX_MESSAGES_CHAT_ID) };

    if (stepping->rows.count >= INDEX_BATCH_WORDS)
        return ERR_OK; /* the next step's */
    stepping->more = true;
    stepping->step.message_count++;
    stepping->to.message_id = of.message_id;
    return word_rows_add(ctx, &stepping->rows, &of, db_row_str(row, REINDEX_MESSAGES_CONTENT));
}

static enum err messages_step(struct ctx *ctx, struct stepping *stepping)
{
    TRY(db_each(ctx, SQL_REINDEX_MESSAGES, DB_ARGS(DB_INT(stepping->from->message_id), DB_INT(INDEX_BATCH_ROWS)),
                message_add, stepping));
    if (!stepping->more)
        stepping->to = (struct reindex){ .part = REINDEX_SWEEP };
    return word_rows_insert(ctx, &stepping->rows);
}

static enum err word_check(struct ctx *ctx, const struct db_row *row, void *arg)
{
    struct stepping *stepping = arg;
    struct reindex *to = &stepping->to;
    struct str word = db_row_str(row, WORDS_PAGE_WORD), content = db_row_str(row, WORDS_PAGE_CONTENT);
    struct word_row *removed;
    bool has = false;

    stepping->more = true;
    to->message_id = db_row_int(row, WORDS_PAGE_MESSAGE_ID);
    to->word_len = word.len < sizeof(to->word) ? word.len : sizeof(to->word);
    memcpy(to->word, word.ptr, to->word_len);
    if (content.ptr != NULL)
        TRY(word_rows_has(content, word, &has));
    if (has)
        return ERR_OK;
    removed = list_add(ctx->arena, &stepping->rows, sizeof(*removed));
    if (removed == NULL)
        return fail(ctx, ERR_NO_MEMORY);
    *removed = (struct word_row){ .workspace_id = to->workspace_id,
                                  .message_id = to->message_id,
                                  .word = arena_str(ctx->arena, word) };
    stepping->step.removed_count++;
    return arena_check(ctx->arena);
}

/* Behind the last row of a workspace comes the next workspace; behind the last of all it is done. */
static enum err workspace_next(struct ctx *ctx, struct stepping *stepping)
{
    int64_t workspace_id = 0;

    TRY(db_number(ctx, SQL_WORDS_NEXT_WORKSPACE, DB_ARGS(DB_INT(stepping->from->workspace_id)), &workspace_id));
    stepping->to = (struct reindex){ .part = REINDEX_SWEEP, .workspace_id = workspace_id };
    stepping->step.done = workspace_id == 0;
    return stepping->step.done ? db_exec(ctx, SQL_REINDEX_END, DB_ARGS(ROW_NAME), NULL) : ERR_OK;
}

static enum err sweep_step(struct ctx *ctx, struct stepping *stepping)
{
    const struct reindex *from = stepping->from;
    const struct db_value word = DB_BLOB(((struct str){ from->word, from->word_len }));

    TRY(db_each(ctx, SQL_WORDS_PAGE,
                DB_ARGS(DB_INT(from->workspace_id), word, word, DB_INT(from->message_id), DB_INT(SWEEP_ROWS)),
                word_check, stepping));
    if (!stepping->more)
        return workspace_next(ctx, stepping);
    return word_rows_delete(ctx, &stepping->rows);
}

static enum err step(struct ctx *ctx, void *arg)
{
    struct stepping *stepping = arg;

    *stepping = (struct stepping){ .from = stepping->from, .to = *stepping->from };
    switch (stepping->from->part) {
    case REINDEX_RUNS: TRY(runs_step(ctx, stepping)); break;
    case REINDEX_MESSAGES: TRY(messages_step(ctx, stepping)); break;
    case REINDEX_SWEEP: TRY(sweep_step(ctx, stepping)); break;
    }
    return stepping->step.done ? ERR_OK : place_write(ctx, &stepping->to);
}

enum err reindex_step(struct ctx *ctx, struct reindex *reindex, struct reindex_step *ret_step)
{
    struct stepping stepping = { .from = reindex };

    TRY(db_run(ctx, step, &stepping));
    *reindex = stepping.to;
    *ret_step = stepping.step;
    return ERR_OK;
}
