#include "parley/domain/lifecycle/readiness.h"

#include "parley/db/db.h"
#include "parley/objects/store.h"

enum err readiness_check(struct ctx *ctx)
{
    if (db_ping(ctx->app->db) != ERR_OK)
        return fail(ctx, ERR_DATABASE);
    if (store_ping(ctx->app->store) != ERR_OK)
        return fail(ctx, ERR_STORAGE);
    return ERR_OK;
}
