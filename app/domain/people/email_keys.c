#include "parley/domain/people/email_keys.h"

#include "parley/core/list.h"
#include "parley/db/db.h"
#include "parley/domain/people/email.h"

enum { PAGE_ROWS = 500 };

/* In `singletons` once all is done. */
#define DONE_ROW STR("email_keys")

struct stored {
    int64_t id;
    struct str email;
};

/* The two tables' statements. Their columns are the same. */
struct table {
    enum sql page, rekey;
    bool is_unique; /* another row may have the address already */
};

static const struct table tables[] = {
    { .page = SQL_USER_EMAIL_PAGE, .rekey = SQL_USER_EMAIL_REKEY, .is_unique = true },
    { .page = SQL_INVITATION_EMAIL_PAGE, .rekey = SQL_INVITATION_EMAIL_REKEY },
};

struct page {
    const struct email_keys *begun;
    struct email_keys ended;
};

static enum err read_stored(struct ctx *ctx, const struct db_row *row, void *arg)
{
    struct stored *added = list_add(ctx->arena, arg, sizeof(*added));

    if (added == NULL)
        return fail(ctx, ERR_NO_MEMORY);
    added->id = db_row_int(row, USER_EMAIL_PAGE_ID);
    added->email = arena_str(ctx->arena, db_row_str(row, USER_EMAIL_PAGE_EMAIL));
    return arena_check(ctx->arena);
}

static void note_stuck(struct email_keys *state, int64_t id)
{
    if (state->stuck_count < EMAIL_KEYS_STUCK_MAX)
        state->stuck[state->stuck_count] = id;
    state->stuck_count++;
}

static enum err rekey(struct ctx *ctx, const struct table *table, const struct stored *row, struct email_keys *state)
{
    struct str key = email_normalise(ctx->arena, row->email);
    int64_t other = 0;
    enum err e = ERR_NOT_FOUND;

    if (row->email.len == 0 || str_eq(key, row->email))
        return ERR_OK;
    if (key.ptr == NULL)
        return fail(ctx, ERR_NO_MEMORY);
    if (table->is_unique)
        e = db_number(ctx, SQL_USER_ID_BY_EMAIL, DB_ARGS(DB_TEXT(key)), &other);
    if (e == ERR_OK)
        note_stuck(state, row->id);
    if (e != ERR_NOT_FOUND)
        return e;
    return db_exec(ctx, table->rekey, DB_ARGS(DB_TEXT(key), DB_INT(row->id), DB_TEXT(row->email)), NULL);
}

static enum err mark_done(struct ctx *ctx)
{
    enum err e = db_exec(ctx, SQL_SINGLETON_INSERT, DB_ARGS(DB_TEXT(DONE_ROW), DB_INT(ctx->now_us)), NULL);

    return e == ERR_CONFLICT ? ERR_OK : e;
}

/* On a copy of the state: a transaction may run more than once. */
static enum err page_in_transaction(struct ctx *ctx, void *arg)
{
    struct page *page = arg;
    struct email_keys state = *page->begun;
    const struct table *table = &tables[state.table];
    struct list list = { NULL, 0 };
    const struct stored *rows;

    TRY(db_each(ctx, table->page, DB_ARGS(DB_INT(state.after_id), DB_INT(PAGE_ROWS)), read_stored, &list));
    rows = list.items;
    for (size_t i = 0; i < list.count; i++)
        TRY(rekey(ctx, table, &rows[i], &state));
    if (list.count > 0)
        state.after_id = rows[list.count - 1].id;
    if (list.count < PAGE_ROWS) {
        state.table++;
        state.after_id = 0;
    }
    state.is_done = state.table == COUNT_OF(tables);
    page->ended = state;
    return state.is_done ? mark_done(ctx) : ERR_OK;
}

enum err email_keys_page(struct ctx *ctx, struct email_keys *state)
{
    struct page page = { .begun = state };
    int64_t done_us;
    enum err e = db_number(ctx, SQL_SINGLETON_FIND, DB_ARGS(DB_TEXT(DONE_ROW)), &done_us);

    if (e == ERR_OK)
        state->is_done = true;
    if (e != ERR_NOT_FOUND)
        return e;
    TRY(db_run(ctx, page_in_transaction, &page));
    *state = page.ended;
    return ERR_OK;
}
