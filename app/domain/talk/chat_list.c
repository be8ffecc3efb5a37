#include "parley/domain/talk/chat_list.h"

#include "chat_since.h"
#include "parley/core/fold.h"
#include "parley/core/limits.h"
#include "parley/db/db.h"
#include "parley/domain/talk/chat.h"

struct listing {
    const struct membership *m;
    struct list list;
};

static enum err listing_add(struct ctx *ctx, const struct db_row *row, void *arg)
{
    struct listing *listing = arg;
    struct chat *added = list_add(ctx->arena, &listing->list, sizeof(*added));

    return added != NULL ? chat_read(ctx, row, listing->m, added) : fail(ctx, ERR_NO_MEMORY);
}

/* ---- last messages that have been deleted ---- */

enum { CHATS_AT_ONCE = 8 };

static enum err last_add(struct ctx *ctx, const struct db_row *row, void *arg)
{
    const struct list *list = arg;
    struct chat *chats = list->items;
    int64_t chat_id = db_row_int(row, CHAT_LAST_LIST_CHAT_ID);

    for (size_t i = 0; i < list->count; i++)
        if (chats[i].id == chat_id)
            return chat_last_read(ctx, row, CHAT_LAST_LIST_CHAT_LAST, &chats[i].last_message);
    return ERR_OK;
}

static enum err lasts_read(struct ctx *ctx, const struct membership *m, const int64_t *ids, size_t count,
                           struct list *list)
{
    struct db_value values[CHATS_AT_ONCE + 2] = { DB_INT(CHAT_PREVIEW_CHARS) };

    for (size_t i = 0; i < CHATS_AT_ONCE; i++)
        values[1 + i] = DB_INT(ids[i < count ? i : 0]);
    values[CHATS_AT_ONCE + 1] = DB_INT(m->workspace_id);
    return db_each(ctx, SQL_CHAT_LAST_LIST, (struct db_args){ values, CHATS_AT_ONCE + 2 }, last_add, list);
}

/* The lists' statements give the newest message; where that has been deleted or erased, the newest that is there. */
static enum err lasts_find(struct ctx *ctx, const struct membership *m, struct list *list)
{
    const struct chat *chats = list->items;
    int64_t ids[CHATS_AT_ONCE];
    size_t count = 0;

    for (size_t i = 0; i < list->count; i++) {
        if (chats[i].last_message == NULL && chats[i].last_seq > 0)
            ids[count++] = chats[i].id;
        if (count == CHATS_AT_ONCE || (count > 0 && i + 1 == list->count)) {
            TRY(lasts_read(ctx, m, ids, count, list));
            count = 0;
        }
    }
    return chats_sign(ctx, list->items, list->count);
}

/* ---- the chats that one is in ---- */

struct history {
    struct listing everyones, joined;
    bool has_joined; /* any chat at all, on this page or not */
};

static enum err everyones_add(struct ctx *ctx, const struct db_row *row, void *arg)
{
    struct history *history = arg;

    history->has_joined = db_row_int(row, CHAT_HISTORY_HAS_JOINED) != 0;
    return listing_add(ctx, row, &history->everyones);
}

/* Newest activity first, as both statements say. */
static bool is_before(const struct chat *a, const struct chat *b)
{
    return a->activity_us != b->activity_us ? a->activity_us > b->activity_us : a->id > b->id;
}

static bool has_chat(const struct list *list, int64_t id)
{
    const struct chat *chats = list->items;

    for (size_t i = 0; i < list->count; i++)
        if (chats[i].id == id)
            return true;
    return false;
}

/* At most `limit` of both. A chat is in both where its join mode was changed between the two statements. */
static enum err merge(struct ctx *ctx, const struct history *history, int64_t limit, struct list *ret_list)
{
    const struct list *everyones = &history->everyones.list, *joined = &history->joined.list;
    const struct chat *a = everyones->items, *b = joined->items;
    struct chat *merged = arena_calloc(ctx->arena, (size_t)limit, sizeof(*merged));
    size_t i = 0, j = 0, count = 0;

    if (merged == NULL)
        return fail(ctx, ERR_NO_MEMORY);
    while (count < (size_t)limit && (i < everyones->count || j < joined->count)) {
        if (j == joined->count || (i < everyones->count && is_before(&a[i], &b[j])))
            merged[count++] = a[i++];
        else if (has_chat(everyones, b[j].id))
            j++;
        else
            merged[count++] = b[j++];
    }
    *ret_list = (struct list){ merged, count };
    return ERR_OK;
}

/* Where no row has proved it. */
static enum err guess_prove(struct ctx *ctx, const struct membership *m)
{
    int64_t id;
    enum err e = db_number(ctx, SQL_WORKSPACE_PROOF, DB_ARGS(DB_INT(m->workspace_id), DB_INT(m->version)), &id);

    return e == ERR_NOT_FOUND ? fail(ctx, ERR_WORKSPACE_NOT_FOUND) : e;
}

enum err chat_list_history(struct ctx *ctx, const struct membership *m, const struct chat_list_opts *opts,
                           struct list *ret_list)
{
    const struct db_value workspace = DB_INT(m->workspace_id), user = DB_INT(opts->user_id);
    const struct db_value activity = DB_INT(opts->after_activity_us), id = DB_INT(opts->after_id);
    const struct db_value archived = DB_INT(opts->archived ? 1 : 0), limit = DB_INT(opts->limit);
    struct history history = { .everyones.m = m, .joined.m = m, .has_joined = true };
    struct list merged;
    struct db_value query;
    struct str folded;

    TRY(fold_text(ctx->arena, opts->query, &folded));
    query = DB_TEXT(folded);
    TRY(db_each(ctx, SQL_CHAT_HISTORY,
                DB_ARGS(DB_INT(CHAT_PREVIEW_CHARS), user, workspace, DB_INT_OR_NULL(m->is_guess ? m->version : 0),
                        activity, activity, id, query, archived, limit),
                everyones_add, &history));
    if (m->is_guess && history.everyones.list.count == 0)
        TRY(guess_prove(ctx, m));
    merged = history.everyones.list;
    if (history.has_joined) {
        TRY(db_each(
            ctx, SQL_CHAT_HISTORY_JOINED,
            DB_ARGS(DB_INT(CHAT_PREVIEW_CHARS), workspace, user, activity, activity, id, query, archived, limit),
            listing_add, &history.joined));
        TRY(merge(ctx, &history, opts->limit, &merged));
    }
    TRY(lasts_find(ctx, m, &merged));
    TRY(chats_count(ctx, m, opts->user_id, merged.items, merged.count));
    *ret_list = merged;
    return ERR_OK;
}

/* ---- the chats that one may join ---- */

static enum err open_add(struct ctx *ctx, const struct db_row *row, void *arg)
{
    struct listing *listing = arg;
    struct chat *added = list_add(ctx->arena, &listing->list, sizeof(*added));

    return added != NULL ? chat_view_read(ctx, row, listing->m, added) : fail(ctx, ERR_NO_MEMORY);
}

enum err chat_list_open(struct ctx *ctx, const struct membership *m, const struct chat_list_opts *opts,
                        struct list *ret_list)
{
    const struct db_value activity = DB_INT(opts->after_activity_us);
    struct listing listing = { .m = m };
    struct str folded;

    TRY(fold_text(ctx->arena, opts->query, &folded));
    TRY(db_each(ctx, SQL_CHAT_OPEN_LIST,
                DB_ARGS(DB_INT(opts->user_id), DB_INT(m->workspace_id), activity, activity, DB_INT(opts->after_id),
                        DB_TEXT(folded), DB_INT(opts->limit)),
                open_add, &listing));
    TRY(chats_sign(ctx, listing.list.items, listing.list.count));
    *ret_list = listing.list;
    return ERR_OK;
}
