#include "parley/ai/fault.h"
#include "parley/core/clock.h"
#include "parley/domain/talk/chat_people.h"
#include "question.h"
#include "recorder_private.h"

struct beginning {
    struct question question;
    int64_t model_id;
    int bytes_per_token_milli; /* what has been learned of it by now; 0: it is gone */
};

/* ---- the chat ---- */

static enum err taken_read(struct ctx *ctx, const struct db_row *row, void *arg)
{
    struct beginning *beginning = arg;
    struct answer *answer = beginning->question.answer;

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
    return question_read(ctx, row, &beginning->question);
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
    struct answer *answer = beginning->question.answer;

    TRY(targets_look(ctx, recorder, beginning->model_id, answer));
    if (answer->target_count == 0) {
        provider_snapshots_doubt(recorder->providers);
        TRY(targets_look(ctx, recorder, beginning->model_id, answer));
    }
    if (answer->target_count > 0 && beginning->bytes_per_token_milli > 0)
        answer->targets[0].bytes_per_token_milli = beginning->bytes_per_token_milli;
    return ERR_OK;
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
    struct answer *answer = beginning->question.answer;
    enum ai_fault fault = AI_FAULT_MODEL_GONE;
    struct ai_body body = { .release = NULL };
    enum err e = ERR_OK;

    TRY(targets_find(ctx, recorder, beginning));
    TRY(recorder_audience(ctx, answer, &answer->audience));
    if (answer->target_count > 0) {
        fault = AI_FAULT_REFUSED;
        e = question_write(ctx, &beginning->question, &answer->targets[0], 0, &body);
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
    struct beginning beginning = { .question.answer = answer_new(recorder, id) };
    enum err e;

    if (beginning.question.answer == NULL)
        return fail(ctx, ERR_NO_MEMORY);
    e = db_one(ctx, SQL_GENERATION_TAKE, DB_ARGS(DB_INT(id)), taken_read, &beginning);
    if (e == ERR_OK)
        e = begin(ctx, recorder, &beginning);
    if (e == ERR_OK)
        return ERR_OK;
    answer_free(beginning.question.answer);
    return e == ERR_NOT_FOUND ? ERR_OK : e; /* gone before it began: the job settles it */
}
