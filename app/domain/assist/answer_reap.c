#include "parley/domain/assist/answer_reap.h"

#include "generation.h"
#include "parley/ai/estimate.h"
#include "parley/ai/fault.h"
#include "parley/core/clock.h"
#include "parley/core/limits.h"

struct reaping {
    struct generation generation;
    struct answer_place place;
    bool has_place;
};

static enum err lapsed_read(struct ctx *ctx, const struct db_row *row, void *arg)
{
    struct reaping *reaping = arg;

    return generation_read(ctx, row, 0, &reaping->generation);
}

static enum err place_read(struct ctx *ctx, void *arg)
{
    struct reaping *reaping = arg;
    enum err e = message_answer_lock(ctx, reaping->generation.message_id, &reaping->place);

    reaping->has_place = e == ERR_OK;
    return e == ERR_NOT_FOUND ? ERR_OK : e;
}

/* Where a text had begun to come, the question had been read. */
static enum err usage_estimate(struct ctx *ctx, const struct reaping *reaping, struct generation_end *end)
{
    const struct answer_place *place = &reaping->place;
    int milli = reaping->generation.bytes_per_token_milli;
    int64_t bytes = 0;

    if (!reaping->has_place || place->content.len + place->reasoning.len == 0)
        return ERR_OK;
    TRY(db_number(ctx, SQL_CONTEXT_BYTES,
                  DB_ARGS(DB_INT(place->chat_id), DB_INT(place->workspace_id), DB_INT(CONTEXT_MESSAGES_MAX)), &bytes));
    end->has_usage = true;
    end->usage.estimated = true;
    end->usage.prompt_tokens = estimate_tokens(bytes - (int64_t)place->content.len, milli);
    end->usage.reasoning_tokens = estimate_tokens((int64_t)place->reasoning.len, milli);
    end->usage.completion_tokens = end->usage.reasoning_tokens + estimate_tokens((int64_t)place->content.len, milli);
    return ERR_OK;
}

enum err answer_reap_step(struct ctx *ctx, int64_t *ret_count)
{
    struct reaping reaping = { .has_place = false };
    struct generation_end end = { .generation = &reaping.generation, .first_token_ms = -1, .attempts = 1 };
    enum err e = db_one(ctx, SQL_GENERATION_LAPSED, DB_ARGS(DB_INT(ctx->now_us)), lapsed_read, &reaping);

    *ret_count = 0;
    if (e == ERR_NOT_FOUND)
        return ERR_OK;
    TRY(e);
    TRY(db_run(ctx, place_read, &reaping));
    TRY(usage_estimate(ctx, &reaping, &end));
    end.end = (struct answer_end){
        .status = MESSAGE_FAILED,
        .text = { reaping.has_place ? reaping.place.content : STR(""), reaping.place.reasoning },
        .provider = reaping.generation.provider,
        .model = reaping.generation.model,
        .fault = str_from(ai_fault_row(AI_FAULT_INTERRUPTED)->code),
    };
    end.duration_ms = (ctx->now_us - reaping.generation.created_us) / US_PER_MS;
    TRY(generation_finish(ctx, &end));
    *ret_count = 1;
    return ERR_OK;
}
