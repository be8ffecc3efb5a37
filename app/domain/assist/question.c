#include "question.h"

#include <math.h>
#include <stdlib.h>

#include "context.h"
#include "generation.h"
#include "model_row.h"
#include "parley/ai/estimate.h"
#include "parley/ai/fault.h"
#include "parley/ai/kinds.h"
#include "parley/domain/assist/budget.h"
#include "recorder_private.h"

enum err question_read(struct ctx *ctx, const struct db_row *row, struct question *question)
{
    *question = (struct question){
        .answer = question->answer,
        .workspace_id = db_row_int(row, ANSWER_CHAT_WORKSPACE_ID),
        .system = arena_str(ctx->arena, db_row_str(row, ANSWER_CHAT_SYSTEM_PROMPT)),
        .temperature = db_row_is_null(row, ANSWER_CHAT_TEMPERATURE) ? (double)NAN
                                                                    : db_row_real(row, ANSWER_CHAT_TEMPERATURE),
        .max_tokens = model_figure_read(row, ANSWER_CHAT_MAX_TOKENS),
    };
    return arena_check(ctx->arena);
}

/* ---- what is asked ---- */

int64_t answer_max_tokens(int64_t chat_max, int64_t model_max)
{
    int64_t wanted = chat_max != INT64_MIN ? chat_max : model_max != INT64_MIN ? model_max : ANSWER_TOKENS_DEFAULT;

    return model_max != INT64_MIN && model_max < wanted ? model_max : wanted;
}

enum { SPARE_PERCENT = 5, SHORTER_PERCENT = 75 };

/* So many tokens may be shown; at least half of a window that the answer would fill. */
static int64_t room_of(const struct answer_target *target, int64_t max_tokens)
{
    int64_t window = target->context_tokens == INT64_MIN ? CONTEXT_TOKENS_DEFAULT : target->context_tokens;
    int64_t room = window - max_tokens - window * SPARE_PERCENT / 100;

    return room > window / 2 ? room : window / 2;
}

static void body_release(void *arg)
{
    free(arg);
}

/* The engine's own copy. */
static enum err body_give(struct ctx *ctx, const struct buf *body, struct ai_body *ret_body)
{
    char *bytes = malloc(body->len + 1);

    if (bytes == NULL)
        return fail(ctx, ERR_NO_MEMORY);
    memcpy(bytes, body->ptr, body->len + 1);
    *ret_body = (struct ai_body){ .bytes = { bytes, body->len }, .release = body_release, .arg = bytes };
    return ERR_OK;
}

static enum err body_write(struct ctx *ctx, const struct answer_target *target, const struct ai_ask *ask,
                           struct ai_body *ret_body)
{
    struct ai_pieces pieces;
    struct buf body;
    enum err e;

    buf_init(&body, AI_BODY_MAX_BYTES);
    e = target->provider->ops->body_write(ask, &body, &pieces);
    if (e == ERR_OK)
        e = body_give(ctx, &body, ret_body);
    buf_release(&body);
    return e;
}

enum err question_write(struct ctx *ctx, const struct question *question, const struct answer_target *target,
                        int64_t tokens_max, struct ai_body *ret_body)
{
    struct answer *answer = question->answer;
    int64_t max_tokens = answer_max_tokens(question->max_tokens, target->max_output_tokens);
    const struct context_opts opts = {
        .chat_id = answer->chat_id,
        .workspace_id = question->workspace_id,
        .root_id = answer->root_id,
        .before_seq = answer->seq,
        .tokens_max = tokens_max > 0 ? tokens_max : room_of(target, max_tokens),
        .bytes_per_token_milli = target->bytes_per_token_milli,
        .system = question->system,
    };
    struct context context;
    struct ai_ask ask;
    enum err e;

    TRY(context_read(ctx, &opts, &context));
    if (context.message_count == 0)
        return ERR_NOT_FOUND;
    ask = (struct ai_ask){
        .model = str_from(target->model),
        .system = question->system,
        .messages = context.messages,
        .message_count = context.message_count,
        .max_tokens = max_tokens,
        .has_temperature = !isnan(question->temperature),
        .temperature = isnan(question->temperature) ? 0 : question->temperature,
        .flags = target->flags,
    };
    e = body_write(ctx, target, &ask, ret_body);
    answer->asked_tokens = estimate_ask(&ask, target->bytes_per_token_milli);
    answer->context_messages = (int64_t)context.message_count;
    return e == ERR_INVALID ? ERR_NOT_FOUND : e;
}

/* ---- another question ---- */

/* What the next model may cost more is taken aside first. */
static enum err more_reserve(struct ctx *ctx, struct answer *answer, const struct answer_target *target,
                             int64_t max_tokens)
{
    int64_t wanted = model_cost(&target->price, answer->asked_tokens, 0, max_tokens);
    enum err e;

    if (wanted <= answer->reserved_micros)
        return ERR_OK;
    e = budget_raise(ctx, answer->id, wanted - answer->reserved_micros);
    if (e == ERR_OK)
        answer->reserved_micros = wanted;
    return e;
}

struct raising {
    struct answer *answer;
    const struct answer_target *target;
    int64_t max_tokens;
};

static enum err raise_in_transaction(struct ctx *ctx, void *arg)
{
    struct raising *raising = arg;

    return more_reserve(ctx, raising->answer, raising->target, raising->max_tokens);
}

static enum err present_read(struct ctx *ctx, const struct db_row *row, void *arg)
{
    return question_read(ctx, row, arg);
}

static enum err body_make(struct ctx *ctx, struct answer *answer, const struct ai_need *need, struct ai_body *ret_body)
{
    const struct answer_target *target = &answer->targets[need->target];
    struct question question = { .answer = answer };
    struct raising raising = { .answer = answer, .target = target };
    int64_t tokens_max = need->is_shorter ? answer->asked_tokens * SHORTER_PERCENT / 100 : 0;

    TRY(db_one(ctx, SQL_ANSWER_CHAT_GET, DB_ARGS(DB_INT(answer->message_id)), present_read, &question));
    TRY(question_write(ctx, &question, target, tokens_max, ret_body));
    raising.max_tokens = answer_max_tokens(question.max_tokens, target->max_output_tokens);
    return db_run(ctx, raise_in_transaction, &raising);
}

static enum ai_fault fault_of(enum err e, const struct ai_need *need)
{
    switch (e) {
    case ERR_OK: return AI_FAULT_NONE;
    case ERR_BUDGET_EXHAUSTED: return AI_FAULT_BUDGET_EXHAUSTED;
    case ERR_NO_MEMORY: return AI_FAULT_OUT_OF_MEMORY;
    default: return need->is_shorter ? AI_FAULT_CONTEXT_TOO_LONG : AI_FAULT_INTERRUPTED;
    }
}

void recorder_answer_body(struct ctx *ctx, struct recorder *recorder, struct answer *answer, const struct ai_need *need)
{
    struct ai_body body = { .release = NULL };
    enum err e = body_make(ctx, answer, need, &body);

    if (e != ERR_OK && body.release != NULL) {
        body.release(body.arg);
        body = (struct ai_body){ .release = NULL };
    }
    if (engine_body(recorder->engine, answer->id, &body, fault_of(e, need)) == ERR_OK)
        return;
    if (body.release != NULL)
        body.release(body.arg);
    /* Without memory for that, and for this, it ends when its time is over. */
    (void)!engine_cancel(recorder->engine, answer->id);
}
