#include "generation.h"

#include "model_row.h"
#include "parley/ai/estimate.h"
#include "parley/ai/fault.h"
#include "parley/core/clock.h"
#include "parley/core/limits.h"
#include "parley/domain/assist/budget.h"
#include "parley/domain/assist/recorder.h"
#include "parley/domain/assist/usage.h"
#include "parley/domain/talk/message_alternative.h"

/* ---- asking ---- */

/* Whom a chat asks, and how long an answer may be. */
struct asking {
    struct str provider, model; /* absent: whoever comes first */
    int64_t max_tokens;         /* INT64_MIN: as the model has it */
    struct model_choice choice;
    bool has_choice;
    int64_t reserved_micros;
};

static enum err asking_read(struct ctx *ctx, const struct db_row *row, void *arg)
{
    struct asking *asking = arg;

    asking->provider = arena_str(ctx->arena, db_row_str(row, CHAT_ASKS_PROVIDER));
    asking->model = arena_str(ctx->arena, db_row_str(row, CHAT_ASKS_MODEL));
    asking->max_tokens = model_figure_read(row, CHAT_ASKS_MAX_TOKENS);
    return arena_check(ctx->arena);
}

/* model: instead of the chat's, of its provider or else of any; absent: the chat's. */
static enum err asking_find(struct ctx *ctx, const struct chat_ref *chat, struct str model, struct asking *asking)
{
    static const struct str any = { NULL, 0 };
    enum err e;

    TRY(db_one(ctx, SQL_CHAT_ASKS, DB_ARGS(DB_INT(chat->id), DB_INT(chat->workspace_id)), asking_read, asking));
    if (model.ptr != NULL)
        asking->model = model;
    e = model_choose(ctx, chat->workspace_id, asking->provider, asking->model, &asking->choice);
    if (e == ERR_NOT_FOUND && model.ptr != NULL)
        e = model_choose(ctx, chat->workspace_id, any, model, &asking->choice);
    asking->has_choice = e == ERR_OK;
    return e == ERR_NOT_FOUND ? ERR_OK : e;
}

/* The answer's part is exact, the question's an estimate, which is raised so that it is seldom exceeded. */
enum { RESERVE_PERCENT = 130 };

static enum err reserve_reckon(struct ctx *ctx, const struct chat_ref *chat, struct asking *asking)
{
    const struct model_choice *choice = &asking->choice;
    int64_t window = choice->context_tokens == INT64_MIN ? CONTEXT_TOKENS_DEFAULT : choice->context_tokens;
    int64_t bytes = 0, prompt;

    if (choice->price.in_micros == INT64_MIN && choice->price.out_micros == INT64_MIN)
        return ERR_OK;
    TRY(db_number(ctx, SQL_CONTEXT_BYTES,
                  DB_ARGS(DB_INT(chat->id), DB_INT(chat->workspace_id), DB_INT(CONTEXT_MESSAGES_MAX)), &bytes));
    prompt = estimate_tokens(bytes, choice->bytes_per_token_milli);
    prompt = (prompt < window ? prompt : window) * RESERVE_PERCENT / 100;
    asking->reserved_micros = model_cost(&choice->price, prompt, 0,
                                         answer_max_tokens(asking->max_tokens, choice->max_output_tokens));
    return ERR_OK;
}

static enum err claim(struct ctx *ctx, const struct chat_ref *chat, const struct principal *who,
                      const struct asking *asking, int64_t message_id)
{
    const struct budget_claim claim = {
        .message_id = message_id,
        .workspace_id = chat->workspace_id,
        .chat_id = chat->id,
        .user_id = who->user_id,
        .key_id = who->key_id,
        .model_id = asking->choice.model_id,
        .holder = recorder_holder(ctx->app->recorder),
        .lease_until_us = clock_now_us() + ANSWER_LEASE_S * US_PER_S,
        .reserved_micros = asking->reserved_micros,
    };
    int64_t id = 0;

    TRY(budget_claim(ctx, &claim, &id));
    return outcome_answer(ctx, id);
}

enum err generation_ask(struct ctx *ctx, const struct message_posted *question, const struct principal *who,
                        struct message *ret_answer)
{
    const struct chat_ref *chat = &question->chat;
    struct asking asking = { .has_choice = false };
    struct answer_draft draft = { .fault = str_from(ai_fault_row(AI_FAULT_NO_MODEL)->code) };

    TRY(asking_find(ctx, chat, (struct str){ NULL, 0 }, &asking));
    if (!asking.has_choice)
        return message_answer_insert(ctx, question, &draft, ret_answer);
    TRY(reserve_reckon(ctx, chat, &asking));
    draft = (struct answer_draft){ .provider = asking.choice.provider, .model = asking.choice.model };
    TRY(message_answer_insert(ctx, question, &draft, ret_answer));
    return claim(ctx, chat, who, &asking, ret_answer->id);
}

enum err generation_ask_again(struct ctx *ctx, const struct chat_ref *chat, const struct principal *who,
                              struct str model, struct message *answer)
{
    struct asking asking = { .has_choice = false };

    TRY(asking_find(ctx, chat, model, &asking));
    if (!asking.has_choice)
        return fail(ctx, ERR_NO_MODEL);
    TRY(reserve_reckon(ctx, chat, &asking));
    TRY(message_alternative_begin(ctx, chat, asking.choice.provider, asking.choice.model, answer));
    return claim(ctx, chat, who, &asking, answer->id);
}

/* ---- rows ---- */

enum err generation_read(struct ctx *ctx, const struct db_row *row, int first, struct generation *ret_generation)
{
    *ret_generation = (struct generation){
        .id = db_row_int(row, first + GENERATION_ID),
        .message_id = db_row_int(row, first + GENERATION_MESSAGE_ID),
        .workspace_id = db_row_int(row, first + GENERATION_WORKSPACE_ID),
        .chat_id = db_row_int(row, first + GENERATION_CHAT_ID),
        .user_id = db_row_int(row, first + GENERATION_USER_ID),
        .key_id = db_row_int(row, first + GENERATION_KEY_ID),
        .model_id = db_row_int(row, first + GENERATION_MODEL_ID),
        .created_us = db_row_int(row, first + GENERATION_CREATED_US),
        .provider = arena_str(ctx->arena, db_row_str(row, first + GENERATION_PROVIDER)),
        .model = arena_str(ctx->arena, db_row_str(row, first + GENERATION_MODEL)),
        .price = { model_figure_read(row, first + GENERATION_PRICE_IN),
                   model_figure_read(row, first + GENERATION_PRICE_CACHED),
                   model_figure_read(row, first + GENERATION_PRICE_OUT) },
        .bytes_per_token_milli = (int)db_row_int(row, first + GENERATION_BYTES_PER_TOKEN_MILLI),
    };
    return arena_check(ctx->arena);
}

static enum err one_read(struct ctx *ctx, const struct db_row *row, void *arg)
{
    return generation_read(ctx, row, 0, arg);
}

enum err generation_get(struct ctx *ctx, int64_t id, struct generation *ret_generation)
{
    return db_one(ctx, SQL_GENERATION_GET, DB_ARGS(DB_INT(id)), one_read, ret_generation);
}

/* ---- the end ---- */

struct ending {
    const struct generation_end *end;
    struct message_usage usage;
};

/* The message, as long as it is there. */
static enum err message_write(struct ctx *ctx, const struct ending *ending)
{
    struct answer_end end = ending->end->end;
    struct answer_place place;
    bool found = false;
    enum err e = message_answer_lock(ctx, ending->end->generation->message_id, &place);

    if (e == ERR_NOT_FOUND)
        return ERR_OK;
    TRY(e);
    end.usage = ending->end->has_usage ? &ending->usage : NULL;
    return message_answer_end(ctx, &place, &end, &found);
}

static struct str outcome_of(const struct answer_end *end)
{
    switch (end->status) {
    case MESSAGE_COMPLETE: return STR("complete");
    case MESSAGE_STOPPED: return STR("stopped");
    default: return end->fault;
    }
}

static enum err usage_write(struct ctx *ctx, const struct ending *ending)
{
    const struct generation_end *end = ending->end;
    const struct generation *generation = end->generation;
    const struct message_usage *usage = &ending->usage;

    return usage_add(ctx, &(struct usage_entry){ .workspace_id = generation->workspace_id,
                                                 .user_id = generation->user_id,
                                                 .key_id = generation->key_id,
                                                 .chat_id = generation->chat_id,
                                                 .message_id = generation->message_id,
                                                 .provider = end->end.provider,
                                                 .model = end->end.model,
                                                 .prompt_tokens = usage->prompt_tokens,
                                                 .cached_tokens = usage->cached_tokens,
                                                 .completion_tokens = usage->completion_tokens,
                                                 .reasoning_tokens = usage->reasoning_tokens,
                                                 .cost_micros = usage->cost_micros,
                                                 .is_estimated = usage->estimated,
                                                 .is_failed = end->end.status == MESSAGE_FAILED,
                                                 .outcome = outcome_of(&end->end),
                                                 .first_token_ms = end->first_token_ms,
                                                 .duration_ms = end->duration_ms,
                                                 .attempts = end->attempts });
}

static enum err end_in_transaction(struct ctx *ctx, void *arg)
{
    const struct ending *ending = arg;
    const struct generation *generation = ending->end->generation;
    bool settled = false;

    TRY(message_write(ctx, ending));
    TRY(budget_settle(ctx, generation->id, ending->usage.cost_micros, &settled));
    if (!settled)
        return ERR_CONFLICT; /* somebody else was before us: what we have written of the message is taken back */
    TRY(usage_write(ctx, ending));
    return db_exec(ctx, SQL_GENERATION_FORGET, DB_ARGS(DB_INT(generation->id)), NULL);
}

enum err generation_finish(struct ctx *ctx, const struct generation_end *end)
{
    struct ending ending = { .end = end, .usage = end->usage };
    enum err e;

    ending.usage.cost_micros = model_cost(&end->generation->price, end->usage.prompt_tokens, end->usage.cached_tokens,
                                          end->usage.completion_tokens);
    e = db_run(ctx, end_in_transaction, &ending);
    return e == ERR_CONFLICT ? ERR_OK : e;
}
