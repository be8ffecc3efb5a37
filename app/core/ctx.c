#include "parley/core/ctx.h"

#include "parley/core/clock.h"

void ctx_begin(struct ctx *ctx, const struct app *app, struct arena *arena, struct problem *problem)
{
    *ctx = (struct ctx){
        .app = app,
        .config = config_get(app->config),
        .arena = arena,
        .problem = problem,
        .now_us = clock_now_us(),
    };
}

void ctx_end(struct ctx *ctx)
{
    if (ctx->config != NULL)
        config_put(ctx->app->config, ctx->config);
    ctx->config = NULL;
}
