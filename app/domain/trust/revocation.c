#include "parley/domain/trust/revocation.h"

#include "parley/core/list.h"
#include "parley/db/db.h"
#include "parley/domain/events/event.h"
#include "parley/domain/trust/auth_cache.h"

enum err revocation_end_sessions(struct ctx *ctx, int64_t user_id, int64_t kept_id)
{
    int64_t count = 0;

    TRY(db_exec(ctx, SQL_SESSION_END_OTHERS,
                DB_ARGS(DB_INT(ctx->now_us), DB_INT(ctx->now_us), DB_INT(user_id), DB_INT(kept_id)), &count));
    TRY(revocation_end_challenges(ctx, user_id));
    TRY(revocation_end_links(ctx, user_id));
    TRY(outcome_revoke(ctx, user_id));
    return count > 0 ? revocation_tell(ctx, user_id, -kept_id) : ERR_OK;
}

static enum err older_add(struct ctx *ctx, const struct db_row *row, void *arg)
{
    int64_t *session_id = list_add(ctx->arena, arg, sizeof(*session_id));

    if (session_id == NULL)
        return fail(ctx, ERR_NO_MEMORY);
    *session_id = db_row_int(row, SESSIONS_OLDER_ID);
    return ERR_OK;
}

enum err revocation_end_oldest(struct ctx *ctx, int64_t user_id, int64_t kept_count)
{
    struct list older = { NULL, 0 };
    int64_t oldest_us;
    enum err e = db_number(ctx, SQL_SESSION_OLDEST_KEPT, DB_ARGS(DB_INT(user_id), DB_INT(kept_count - 1)), &oldest_us);

    if (e == ERR_NOT_FOUND)
        return ERR_OK;
    TRY(e);
    TRY(db_each(ctx, SQL_SESSIONS_OLDER, DB_ARGS(DB_INT(user_id), DB_INT(oldest_us)), older_add, &older));
    TRY(db_exec(ctx, SQL_SESSION_END_OLDER,
                DB_ARGS(DB_INT(ctx->now_us), DB_INT(ctx->now_us), DB_INT(user_id), DB_INT(oldest_us)), NULL));
    event_skip(ctx, EVENT_SESSION_ENDED);
    for (size_t i = 0; i < older.count; i++)
        TRY(revocation_tell(ctx, user_id, ((const int64_t *)older.items)[i]));
    return ERR_OK;
}

enum err revocation_tell(struct ctx *ctx, int64_t user_id, int64_t session_id)
{
    return event_add(
        ctx,
        &(struct event){ .kind = EVENT_SESSION_ENDED, .user_id = user_id, .detail = event_number(ctx, session_id) });
}

enum err revocation_end_challenges(struct ctx *ctx, int64_t user_id)
{
    return db_exec(ctx, SQL_CHALLENGES_DELETE, DB_ARGS(DB_INT(user_id)), NULL);
}

enum err revocation_end_links(struct ctx *ctx, int64_t user_id)
{
    TRY(db_exec(ctx, SQL_EMAIL_CHANGES_END, DB_ARGS(DB_INT(user_id)), NULL));
    return db_exec(ctx, SQL_PASSWORD_RESETS_END, DB_ARGS(DB_INT(user_id)), NULL);
}

void revocation_forget(const struct app *app, const struct outcome *outcome)
{
    if (app->cache == NULL)
        return;
    for (const struct outcome_revocation *r = outcome->revoked; r != NULL; r = r->next)
        auth_cache_drop(app->cache, r->user_id);
}
