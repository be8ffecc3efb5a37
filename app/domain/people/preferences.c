#include "parley/domain/people/preferences.h"

#include "parley/db/db.h"
#include "parley/domain/people/user.h"

/* Of somebody for whom nothing is kept. */
enum { FIRST_VERSION = 1 };

static enum err row_read(struct ctx *ctx, const struct db_row *row, void *arg)
{
    *(struct preferences *)arg = (struct preferences){
        .text = arena_str(ctx->arena, db_row_str(row, PREFERENCES_GET_VALUE)),
        .version = db_row_int(row, PREFERENCES_GET_VERSION),
    };
    return arena_check(ctx->arena);
}

enum err preferences_get(struct ctx *ctx, int64_t user_id, struct preferences *ret_preferences)
{
    struct preferences preferences = { .text = STR("{}"), .version = FIRST_VERSION };
    enum err e = db_one(ctx, SQL_PREFERENCES_GET, DB_ARGS(DB_INT(user_id)), row_read, &preferences);

    if (e != ERR_NOT_FOUND)
        TRY(e);
    *ret_preferences = preferences;
    return ERR_OK;
}

struct put_call {
    int64_t user_id, if_version;
    struct preferences preferences;
};

static enum err put_in_transaction(struct ctx *ctx, void *arg)
{
    struct put_call *call = arg;
    const struct str text = call->preferences.text;
    struct preferences before;
    int64_t count = 0;

    TRY(user_row_lock(ctx, call->user_id));
    TRY(preferences_get(ctx, call->user_id, &before));
    if (call->if_version != 0 && call->if_version != before.version)
        return fail(ctx, ERR_PRECONDITION);
    call->preferences.version = before.version + 1;
    TRY(db_exec(ctx, SQL_PREFERENCES_UPDATE, DB_ARGS(DB_TEXT(text), DB_INT(ctx->now_us), DB_INT(call->user_id)),
                &count));
    if (count > 0)
        return ERR_OK;
    return db_exec(
        ctx, SQL_PREFERENCES_INSERT,
        DB_ARGS(DB_INT(call->user_id), DB_TEXT(text), DB_INT(call->preferences.version), DB_INT(ctx->now_us)), NULL);
}

enum err preferences_put(struct ctx *ctx, int64_t user_id, struct str text, int64_t if_version,
                         struct preferences *ret_preferences)
{
    struct put_call call = { .user_id = user_id, .if_version = if_version, .preferences.text = text };

    TRY(db_run(ctx, put_in_transaction, &call));
    *ret_preferences = call.preferences;
    return ERR_OK;
}

enum err preferences_forget(struct ctx *ctx, int64_t user_id)
{
    return db_exec(ctx, SQL_PREFERENCES_DELETE, DB_ARGS(DB_INT(user_id)), NULL);
}
