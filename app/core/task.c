#include "parley/core/task.h"

#include "parley/core/limits.h"

enum err task_begin(struct task *task, const struct app *app)
{
    *task = (struct task){ .problem = { .err = ERR_OK } };
    ctx_begin(&task->ctx, app, arena_new(REQUEST_ARENA_BYTES), &task->problem);
    return task->ctx.arena == NULL ? ERR_NO_MEMORY : ERR_OK;
}

void task_renew(struct task *task)
{
    struct ctx *ctx = &task->ctx;
    const struct principal *actor = ctx->actor;
    const struct app *app = ctx->app;
    struct arena *arena = ctx->arena;

    arena_reset(arena);
    ctx_end(ctx);
    task->problem = (struct problem){ .err = ERR_OK };
    ctx_begin(ctx, app, arena, &task->problem);
    ctx->actor = actor;
}

void task_end(struct task *task)
{
    ctx_end(&task->ctx);
    arena_free(task->ctx.arena);
    task->ctx.arena = NULL;
}

const char *task_sentence(const struct task *task, enum err e)
{
    if (task->problem.err == e && task->problem.detail != NULL)
        return task->problem.detail;
    return err_info(e)->sentence;
}
