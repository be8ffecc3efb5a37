#include "parley/domain/record/lease.h"

#include "parley/core/clock.h"
#include "parley/db/db.h"

static enum err take(struct ctx *ctx, const struct lease *lease, int64_t now_us, int64_t *ret_count)
{
    return db_exec(ctx, SQL_LEASE_TAKE,
                   DB_ARGS(DB_UUID(&lease->holder), DB_INT(now_us + lease->life_us), DB_TEXT(str_from(lease->name)),
                           DB_INT(now_us), DB_UUID(&lease->holder)),
                   ret_count);
}

enum err lease_take(struct ctx *ctx, const struct lease *lease)
{
    int64_t now_us = clock_now_us();
    int64_t count = 0;
    enum err e;

    TRY(take(ctx, lease, now_us, &count));
    if (count > 0)
        return ERR_OK;
    /* The first time of all there is no row; of two that insert it one gets the key. */
    e = db_exec(ctx, SQL_LEASE_INSERT,
                DB_ARGS(DB_TEXT(str_from(lease->name)), DB_UUID(&lease->holder), DB_INT(now_us + lease->life_us)),
                NULL);
    return e;
}

enum err lease_release(struct ctx *ctx, const struct lease *lease)
{
    return db_exec(ctx, SQL_LEASE_RELEASE, DB_ARGS(DB_TEXT(str_from(lease->name)), DB_UUID(&lease->holder)), NULL);
}
