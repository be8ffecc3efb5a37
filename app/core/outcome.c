#include "parley/core/outcome.h"

#include "parley/core/ctx.h"

struct outcome outcome_mark(const struct ctx *ctx)
{
    return ctx->outcome;
}

void outcome_undo(struct ctx *ctx, const struct outcome *mark)
{
    ctx->outcome = *mark;
}

enum err outcome_revoke(struct ctx *ctx, int64_t user_id)
{
    struct outcome_revocation *revocation = arena_alloc(ctx->arena, sizeof(*revocation));

    if (revocation == NULL)
        return fail(ctx, ERR_NO_MEMORY);
    *revocation = (struct outcome_revocation){ .user_id = user_id, .next = ctx->outcome.revoked };
    ctx->outcome.revoked = revocation;
    return ERR_OK;
}

enum err outcome_answer(struct ctx *ctx, int64_t generation_id)
{
    struct outcome_answer *answer = arena_alloc(ctx->arena, sizeof(*answer));

    if (answer == NULL)
        return fail(ctx, ERR_NO_MEMORY);
    *answer = (struct outcome_answer){ .generation_id = generation_id, .next = ctx->outcome.answers };
    ctx->outcome.answers = answer;
    return ERR_OK;
}

void outcome_wake(struct ctx *ctx, enum outcome_topic topic)
{
    ctx->outcome.topics |= topic;
}

void outcome_settle(struct ctx *ctx, enum outcome_commit commit)
{
    const struct outcome outcome = ctx->outcome;
    const struct after_commit *after = ctx->app->after_commit;

    ctx->outcome = (struct outcome){ .topics = 0 };
    if (after != NULL &&
        (outcome.audited != NULL || outcome.revoked != NULL || outcome.answers != NULL || outcome.topics != 0))
        after->fn(after->arg, ctx, &outcome, commit);
}
