#include <math.h>
#include <stdlib.h>

#include "context.h"
#include "generation.h"
#include "model_row.h"
#include "parley/ai/estimate.h"
#include "parley/ai/fault.h"
#include "parley/ai/kinds.h"
#include "parley/core/clock.h"
#include "parley/domain/assist/budget.h"
#include "parley/domain/talk/chat_people.h"
#include "recorder_private.h"

/* What a chat says of its answers. */
struct chat_settings_read {
    struct str system;  /* absent: none */
    double temperature; /* NAN: not set */
    int64_t max_tokens; /* INT64_MIN: not set */
};

struct beginning {
    struct answer *answer;
    struct chat_settings_read settings;
    int64_t workspace_id; /* of the chat, now */
    int64_t model_id;
    int bytes_per_token_milli; /* what has been learned of it by now; 0: it is gone */
};

/* ---- the chat ---- */

/* What is written from may have changed since the last question. */
static enum err settings_read(struct ctx *ctx, const struct db_row *row, void *arg)
{
    struct beginning *beginning = arg;

    beginning->workspace_id = db_row_int(row, ANSWER_CHAT_WORKSPACE_ID);
    beginning->settings = (struct chat_settings_read){
        .system = arena_str(ctx->arena, db_row_str(row, ANSWER_CHAT_SYSTEM_PROMPT)),
        .temperature = db_row_is_null(row, ANSWER_CHAT_TEMPERATURE) ? (double)NAN
                                                                    : db_row_real(row, ANSWER_CHAT_TEMPERATURE),
        .max_tokens = model_figure_read(row, ANSWER_CHAT_MAX_TOKENS),
    };
    return arena_check(ctx->arena);
}

static enum err taken_read(struct ctx *ctx, const struct db_row *row, void *arg)
{
    struct beginning *beginning = arg;
    struct answer *answer = beginning->answer;

    if (db_row_is_null(row, ANSWER_CHAT_CHAT_UUID))
        return ERR_NOT_FOUND;
    answer->message = db_row_uuid(row, ANSWER_CHAT_MESSAGE_UUID);
    answer->chat = db_row_uuid(row, ANSWER_CHAT_CHAT_UUID);
    answer->seq = db_row_int(row, ANSWER_CHAT_SEQ);
    answer->root_id = db_row_int(row, ANSWER_CHAT_ROOT_ID);
    answer->chat_id = db_row_int(row, ANSWER_CHAT_CHAT_ID);
    answer->workspace_id = db_row_int(row, ANSWER_CHAT_WORKSPACE_ID);
    answer->join = (int)db_row_int(row, ANSWER_CHAT_JOIN_MODE);
    answer->message_id = db_row_int(row, GENERATION_TAKE_MESSAGE_ID);
    answer->user_id = db_row_int(row, GENERATION_TAKE_USER_ID);
    answer->reserved_micros = db_row_int(row, GENERATION_TAKE_RESERVED_MICROS);
    beginning->model_id = db_row_int(row, GENERATION_TAKE_MODEL_ID);
    beginning->bytes_per_token_milli = (int)db_row_int(row, GENERATION_TAKE_BYTES_PER_TOKEN_MILLI);
    return settings_read(ctx, row, beginning);
}

/* ---- whom it is asked of ---- */

static void name_keep(char *room, const char *name)
{
    (void)snprintf(room, ANSWER_NAME_MAX_BYTES, "%s", name);
}

static struct answer_target target_of(const struct snapshot_model *model)
{
    struct answer_target target = {
        .model_id = model->id,
        .provider = ai_provider_hold(model->provider->ai),
        .context_tokens = model->context_tokens,
        .max_output_tokens = model->max_output_tokens,
        .flags = model->flags,
        .price = model->price,
        .bytes_per_token_milli = (int)model->bytes_per_token_milli,
    };

    name_keep(target.model, model->model);
    name_keep(target.provider_name, model->provider->ai->name);
    return target;
}

static bool is_target(const struct answer *answer, int64_t model_id)
{
    for (size_t i = 0; i < answer->target_count; i++)
        if (answer->targets[i].model_id == model_id)
            return true;
    return false;
}

/* The model, and those that are asked where it cannot answer; each once. */
static void targets_take(const struct provider_snapshot *snapshot, int64_t model_id, struct answer *answer)
{
    while (model_id != 0 && answer->target_count < AI_ATTEMPTS_MAX && !is_target(answer, model_id)) {
        const struct snapshot_model *model = provider_snapshot_model(snapshot, model_id);

        if (model == NULL)
            return;
        answer->targets[answer->target_count++] = target_of(model);
        model_id = model->fallback_id;
    }
}

static enum err targets_look(struct ctx *ctx, struct recorder *recorder, int64_t model_id, struct answer *answer)
{
    const struct provider_snapshot *snapshot;

    TRY(provider_snapshot_get(ctx, recorder->providers, &snapshot));
    targets_take(snapshot, model_id, answer);
    provider_snapshot_put(recorder->providers, snapshot);
    return ERR_OK;
}

/* One that is younger than the snapshot is not in it yet. What was learned of the first one is, where it is taken along. */
static enum err targets_find(struct ctx *ctx, struct recorder *recorder, const struct beginning *beginning)
{
    struct answer *answer = beginning->answer;

    TRY(targets_look(ctx, recorder, beginning->model_id, answer));
    if (answer->target_count == 0) {
        provider_snapshots_doubt(recorder->providers);
        TRY(targets_look(ctx, recorder, beginning->model_id, answer));
    }
    if (answer->target_count > 0 && beginning->bytes_per_token_milli > 0)
        answer->targets[0].bytes_per_token_milli = beginning->bytes_per_token_milli;
    return ERR_OK;
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

/* Reads the chat anew for this model. ERR_NOT_FOUND: nothing is left to be answered. */
static enum err question_write(struct ctx *ctx, const struct beginning *beginning, const struct answer_target *target,
                               int64_t tokens_max, struct ai_body *ret_body)
{
    struct answer *answer = beginning->answer;
    const struct chat_settings_read *settings = &beginning->settings;
    int64_t max_tokens = answer_max_tokens(settings->max_tokens, target->max_output_tokens);
    const struct context_opts opts = {
        .chat_id = answer->chat_id,
        .workspace_id = beginning->workspace_id,
        .root_id = answer->root_id,
        .before_seq = answer->seq,
        .tokens_max = tokens_max > 0 ? tokens_max : room_of(target, max_tokens),
        .bytes_per_token_milli = target->bytes_per_token_milli,
        .system = settings->system,
    };
    struct context context;
    struct ai_ask ask;
    enum err e;

    TRY(context_read(ctx, &opts, &context));
    if (context.message_count == 0)
        return ERR_NOT_FOUND;
    ask = (struct ai_ask){
        .model = str_from(target->model),
        .system = settings->system,
        .messages = context.messages,
        .message_count = context.message_count,
        .max_tokens = max_tokens,
        .has_temperature = !isnan(settings->temperature),
        .temperature = isnan(settings->temperature) ? 0 : settings->temperature,
        .flags = target->flags,
    };
    e = body_write(ctx, target, &ask, ret_body);
    answer->asked_tokens = estimate_ask(&ask, target->bytes_per_token_milli);
    answer->context_messages = (int64_t)context.message_count;
    return e == ERR_INVALID ? ERR_NOT_FOUND : e;
}

/* ---- beginning ---- */

enum err recorder_audience(struct ctx *ctx, const struct answer *answer, struct answer_audience *ret_audience)
{
    const struct chat_ref chat = { .id = answer->chat_id,
                                   .workspace_id = answer->workspace_id,
                                   .join = (enum chat_join)answer->join };
    struct list ids = { NULL, 0 };
    enum err e;

    *ret_audience = (struct answer_audience){ .is_everyone = chat.join == CHAT_JOIN_WORKSPACE };
    if (ret_audience->is_everyone)
        return ERR_OK;
    e = chat_people_list(ctx, &chat, SIGNAL_MEMBERS_MAX, &ids);
    ret_audience->is_large = e == ERR_LIMIT;
    if (e == ERR_LIMIT)
        return ERR_OK;
    TRY(e);
    ret_audience->count = ids.count;
    if (ids.count > 0)
        memcpy(ret_audience->ids, ids.items, ids.count * sizeof(ret_audience->ids[0]));
    return ERR_OK;
}

static void list_add_answer(struct recorder *recorder, struct answer *answer)
{
    pthread_mutex_lock(&recorder->lock);
    answer->next = recorder->answers;
    recorder->answers = answer;
    recorder->answer_count++;
    pthread_mutex_unlock(&recorder->lock);
}

/* As if the engine had said so. */
static void fail_now(struct answer *answer, enum ai_fault fault)
{
    const struct ai_sink sink = answer_sink(answer);
    const struct answer_target *target = answer->target_count > 0 ? &answer->targets[0] : NULL;

    sink.end(sink.arg, &(struct ai_end){ .outcome = AI_FAILED,
                                         .fault = fault,
                                         .retry_after_ms = -1,
                                         .first_token_ms = -1,
                                         .provider = str_from(target != NULL ? target->provider_name : ""),
                                         .model = str_from(target != NULL ? target->model : "") });
}

/* The engine takes the body over, or it is freed. */
static void start(struct recorder *recorder, struct answer *answer, struct ai_body *body)
{
    struct ai_target targets[AI_ATTEMPTS_MAX];
    struct ai_order order = { .id = answer->id,
                              .user_id = answer->user_id,
                              .targets = targets,
                              .target_count = answer->target_count,
                              .first_body = *body,
                              .sink = answer_sink(answer),
                              .need_body = answer_need };

    for (size_t i = 0; i < answer->target_count; i++)
        targets[i] = (struct ai_target){ answer->targets[i].provider, answer->targets[i].model };
    if (engine_start(recorder->engine, &order) == ERR_OK)
        return;
    body->release(body->arg);
    fail_now(answer, AI_FAULT_OUT_OF_MEMORY);
}

static enum err begin(struct ctx *ctx, struct recorder *recorder, struct beginning *beginning)
{
    struct answer *answer = beginning->answer;
    enum ai_fault fault = AI_FAULT_MODEL_GONE;
    struct ai_body body = { .release = NULL };
    enum err e = ERR_OK;

    TRY(targets_find(ctx, recorder, beginning));
    TRY(recorder_audience(ctx, answer, &answer->audience));
    if (answer->target_count > 0) {
        fault = AI_FAULT_REFUSED;
        e = question_write(ctx, beginning, &answer->targets[0], 0, &body);
    }
    if (e != ERR_OK && e != ERR_NOT_FOUND)
        return e;
    answer->began_us = clock_monotonic_us();
    list_add_answer(recorder, answer);
    if (body.release != NULL)
        start(recorder, answer, &body);
    else
        fail_now(answer, fault);
    return ERR_OK;
}

enum err recorder_answer_begin(struct ctx *ctx, struct recorder *recorder, int64_t id)
{
    struct beginning beginning = { .answer = answer_new(recorder, id) };
    enum err e;

    if (beginning.answer == NULL)
        return fail(ctx, ERR_NO_MEMORY);
    e = db_one(ctx, SQL_GENERATION_TAKE, DB_ARGS(DB_INT(id)), taken_read, &beginning);
    if (e == ERR_OK)
        e = begin(ctx, recorder, &beginning);
    if (e == ERR_OK)
        return ERR_OK;
    answer_free(beginning.answer);
    return e == ERR_NOT_FOUND ? ERR_OK : e; /* gone before it began: the job settles it */
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

static enum err body_make(struct ctx *ctx, struct answer *answer, const struct ai_need *need, struct ai_body *ret_body)
{
    const struct answer_target *target = &answer->targets[need->target];
    struct beginning beginning = { .answer = answer };
    struct raising raising = { .answer = answer, .target = target };
    int64_t tokens_max = need->is_shorter ? answer->asked_tokens * SHORTER_PERCENT / 100 : 0;

    TRY(db_one(ctx, SQL_ANSWER_CHAT_GET, DB_ARGS(DB_INT(answer->message_id)), settings_read, &beginning));
    TRY(question_write(ctx, &beginning, target, tokens_max, ret_body));
    raising.max_tokens = answer_max_tokens(beginning.settings.max_tokens, target->max_output_tokens);
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
