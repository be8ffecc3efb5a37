#include "parley/domain/people/administrator.h"

#include "parley/db/db.h"

static enum err read_nothing(struct ctx *ctx, const struct db_row *row, void *arg)
{
    (void)ctx;
    (void)row;
    (void)arg;
    return ERR_OK;
}

enum err administrator_lock(struct ctx *ctx)
{
    enum err e = db_one(ctx, SQL_ADMINISTRATOR_LOCK, DB_NO_ARGS, read_nothing, NULL);

    return e == ERR_NOT_FOUND ? fail(ctx, ERR_INTERNAL) : e; /* the schema has put the row there */
}

enum err administrator_check(struct ctx *ctx)
{
    enum err e = db_one(ctx, SQL_ADMINISTRATOR_PERSON, DB_NO_ARGS, read_nothing, NULL);

    if (e == ERR_NOT_FOUND)
        e = db_one(ctx, SQL_ADMINISTRATOR_KEY, DB_ARGS(DB_INT(ctx->now_us)), read_nothing, NULL);
    return e == ERR_NOT_FOUND ? fail(ctx, ERR_LAST_ADMIN) : e;
}
