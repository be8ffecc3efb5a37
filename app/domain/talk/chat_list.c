#include "parley/domain/talk/chat_list.h"

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

enum err chat_list_history(struct ctx *ctx, const struct membership *m, const struct chat_list_opts *opts,
                           struct list *ret_list)
{
    const struct db_value workspace = DB_INT(m->workspace_id);
    const struct db_value activity = DB_INT(opts->after_activity_us);
    const struct db_value id = DB_INT(opts->after_id);
    const struct db_value limit = DB_INT(opts->limit);
    struct listing listing = { .m = m };
    struct db_value query;
    struct str folded;

    TRY(fold_text(ctx->arena, opts->query, &folded));
    query = DB_TEXT(folded);
    TRY(db_each(ctx, SQL_CHAT_HISTORY,
                DB_ARGS(DB_INT(CHAT_PREVIEW_CHARS), workspace, activity, activity, id, query, limit, workspace,
                        DB_INT(opts->user_id), activity, activity, id, query, limit, limit),
                listing_add, &listing));
    *ret_list = listing.list;
    return ERR_OK;
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
                listing_add, &listing));
    *ret_list = listing.list;
    return ERR_OK;
}
