#include <stdlib.h>

#include "generation.h"
#include "parley/ai/estimate.h"
#include "parley/ai/fault.h"
#include "parley/bus/bus.h"
#include "parley/core/clock.h"
#include "parley/db/relay.h"
#include "recorder_private.h"

/* ---- what has grown ---- */

enum {
    RENEW_S = 5,         /* leases, of ANSWER_LEASE_S */
    PAUSE_MAX_S = 5,     /* between two writings of one answer … */
    PAUSE_BYTES = 40000, /* … of which each so many bytes add a second */
};

/* What is written of one, apart from it. */
struct growth {
    struct growth *next;
    struct answer *answer; /* the recorder's thread's, which alone frees it */
    struct answer_text text;
    size_t bytes;
    bool found;
    bool is_told; /* message.delta does not reach all who may read it */
};

struct growing {
    struct growth *first;
};

/* Processes that the bus does not reach, and people of large chats, hear of the message itself. */
static bool is_told_of_rows(const struct recorder *recorder, const struct answer *answer)
{
    const struct app *app = recorder->app;

    return answer->audience.is_large || (db_has_relay(app->db) && !bus_reaches_others(app->bus));
}

static int64_t pause_us(size_t bytes)
{
    int64_t pause_s = 1 + (int64_t)bytes / PAUSE_BYTES;

    return (pause_s < PAUSE_MAX_S ? pause_s : PAUSE_MAX_S) * US_PER_S;
}

static size_t bytes_of(const struct answer *answer)
{
    return answer->texts[AI_TEXT].len + answer->texts[AI_REASONING].len;
}

static struct str text_copy(struct ctx *ctx, const struct buf *text)
{
    return text->len == 0 ? (struct str){ NULL, 0 } : arena_str(ctx->arena, buf_str(text));
}

/* Under the lock. NULL: nothing of it is to be written now. */
static enum err growth_make(struct ctx *ctx, struct recorder *recorder, struct answer *answer, struct growing *growing)
{
    size_t bytes = bytes_of(answer);
    struct growth *growth;

    if (answer->has_ended || bytes == answer->written_bytes ||
        clock_monotonic_us() < answer->written_us + pause_us(answer->written_bytes))
        return ERR_OK;
    growth = arena_alloc(ctx->arena, sizeof(*growth));
    if (growth == NULL)
        return fail(ctx, ERR_NO_MEMORY);
    *growth = (struct growth){
        .next = growing->first,
        .answer = answer,
        .text = { text_copy(ctx, &answer->texts[AI_TEXT]), text_copy(ctx, &answer->texts[AI_REASONING]) },
        .bytes = bytes,
        .is_told = is_told_of_rows(recorder, answer),
    };
    if (growth->text.content.ptr == NULL)
        growth->text.content = STR("");
    growing->first = growth;
    return arena_check(ctx->arena);
}

/* Those for which the arena has no more room are written a second later. */
static void growths_take(struct ctx *ctx, struct recorder *recorder, struct growing *growing)
{
    size_t bytes = 0;

    pthread_mutex_lock(&recorder->lock);
    for (struct answer *answer = recorder->answers; answer != NULL && bytes < GROWTH_BYTES; answer = answer->next) {
        if (growth_make(ctx, recorder, answer, growing) != ERR_OK)
            break;
        bytes += bytes_of(answer);
    }
    pthread_mutex_unlock(&recorder->lock);
}

static enum err growth_write(struct ctx *ctx, struct growth *growth)
{
    struct answer_place place;
    enum err e;

    if (!growth->is_told)
        return message_answer_grow(ctx, growth->answer->message_id, &growth->text, &growth->found);
    e = message_answer_lock(ctx, growth->answer->message_id, &place);
    growth->found = e == ERR_OK;
    if (e != ERR_OK)
        return e == ERR_NOT_FOUND ? ERR_OK : e;
    TRY(message_answer_grow(ctx, growth->answer->message_id, &growth->text, &growth->found));
    return growth->found ? message_answer_tell(ctx, &place) : ERR_OK;
}

static enum err growths_write(struct ctx *ctx, void *arg)
{
    const struct growing *growing = arg;

    for (struct growth *growth = growing->first; growth != NULL; growth = growth->next)
        TRY(growth_write(ctx, growth));
    return ERR_OK;
}

/* Nobody will read it, or another process has ended it. */
static void give_up(struct recorder *recorder, int64_t id)
{
    /* Without memory it is looked at again within a second. */
    (void)!engine_cancel(recorder->engine, id);
}

static enum err growths_run(struct ctx *ctx, struct recorder *recorder)
{
    struct growing growing = { .first = NULL };

    growths_take(ctx, recorder, &growing);
    if (growing.first == NULL)
        return ERR_OK;
    TRY(db_run(ctx, growths_write, &growing));
    for (struct growth *growth = growing.first; growth != NULL; growth = growth->next) {
        growth->answer->written_bytes = growth->bytes;
        growth->answer->written_us = clock_monotonic_us();
        if (!growth->found)
            give_up(recorder, growth->answer->id);
    }
    return ERR_OK;
}

/* ---- leases, and who is to stop ---- */

enum { ROWS_AT_ONCE = 20 };

/* The keys of those from *answer on, as many as one statement takes; *answer moves behind them. */
static void keys_fill(const struct answer **answer, struct db_value *keys)
{
    const struct answer *at = *answer;

    for (size_t i = 0; i < ROWS_AT_ONCE; i++) {
        keys[i] = at != NULL ? DB_INT(at->id) : keys[i - 1];
        at = at != NULL ? at->next : NULL;
    }
    *answer = at;
}

static enum err leases_renew(struct ctx *ctx, struct recorder *recorder)
{
    struct db_value values[1 + ROWS_AT_ONCE] = { DB_INT(ctx->now_us + ANSWER_LEASE_S * US_PER_S) };
    int64_t now_us = clock_monotonic_us();

    if (now_us < recorder->renewed_us + RENEW_S * US_PER_S)
        return ERR_OK;
    for (const struct answer *answer = recorder->answers; answer != NULL;) {
        keys_fill(&answer, values + 1);
        TRY(db_exec(ctx, SQL_GENERATIONS_RENEW, (struct db_args){ values, 1 + ROWS_AT_ONCE }, NULL));
    }
    recorder->renewed_us = now_us;
    return ERR_OK;
}

static struct answer *answer_find(const struct recorder *recorder, int64_t id)
{
    struct answer *answer = recorder->answers;

    while (answer != NULL && answer->id != id)
        answer = answer->next;
    return answer;
}

/* A chat that has moved, or is for others now, is told to those who may read it there. */
static enum err row_look(struct ctx *ctx, const struct db_row *row, void *arg)
{
    struct recorder *recorder = arg;
    struct answer *answer = answer_find(recorder, db_row_int(row, GENERATIONS_LOOK_ID));

    (void)ctx;
    if (answer == NULL)
        return ERR_OK;
    if (db_row_int(row, GENERATIONS_LOOK_STOPS) != 0) {
        give_up(recorder, answer->id);
        return ERR_OK;
    }
    pthread_mutex_lock(&recorder->lock);
    answer->workspace_id = db_row_int(row, GENERATIONS_LOOK_WORKSPACE_ID);
    answer->join = (int)db_row_int(row, GENERATIONS_LOOK_JOIN_MODE);
    answer->audience.is_everyone = answer->join == CHAT_JOIN_WORKSPACE;
    pthread_mutex_unlock(&recorder->lock);
    return ERR_OK;
}

static enum err rows_look(struct ctx *ctx, struct recorder *recorder)
{
    struct db_value keys[ROWS_AT_ONCE];

    for (const struct answer *answer = recorder->answers; answer != NULL;) {
        keys_fill(&answer, keys);
        TRY(db_each(ctx, SQL_GENERATIONS_LOOK, (struct db_args){ keys, ROWS_AT_ONCE }, row_look, recorder));
    }
    return ERR_OK;
}

/* Who is in a chat that is not everyone's may have changed. */
static enum err audiences_renew(struct ctx *ctx, struct recorder *recorder)
{
    for (struct answer *answer = recorder->answers; answer != NULL; answer = answer->next) {
        struct answer_audience audience;

        if (answer->join == CHAT_JOIN_WORKSPACE)
            continue;
        TRY(recorder_audience(ctx, answer, &audience));
        pthread_mutex_lock(&recorder->lock);
        answer->audience = audience;
        pthread_mutex_unlock(&recorder->lock);
    }
    return ERR_OK;
}

enum err recorder_grow(struct ctx *ctx, struct recorder *recorder)
{
    if (recorder->answers == NULL)
        return ERR_OK;
    TRY(leases_renew(ctx, recorder));
    TRY(rows_look(ctx, recorder));
    TRY(audiences_renew(ctx, recorder));
    return growths_run(ctx, recorder);
}

/* ---- the end ---- */

/* Under the lock: its last piece is told before its end, unless nobody tells any more. */
static bool is_over(const struct recorder *recorder, const struct answer *answer)
{
    return answer->has_ended && (answer_untold_bytes(answer) == 0 || atomic_load(&recorder->stopping));
}

/* Under the lock: the next that has ended. */
static struct answer *ended_find(struct recorder *recorder)
{
    struct answer *answer = recorder->answers;

    while (answer != NULL && !is_over(recorder, answer))
        answer = answer->next;
    return answer;
}

static void answer_remove(struct recorder *recorder, struct answer *gone)
{
    pthread_mutex_lock(&recorder->lock);
    for (struct answer **at = &recorder->answers; *at != NULL; at = &(*at)->next) {
        if (*at == gone) {
            *at = gone->next;
            recorder->answer_count--;
            break;
        }
    }
    pthread_mutex_unlock(&recorder->lock);
    answer_free(gone);
}

/* Who answered, by the name that the engine gives; else whoever was to. */
static const struct answer_target *target_of(const struct answer *answer)
{
    for (size_t i = 0; i < answer->target_count; i++)
        if (str_eq_c(answer->end.model, answer->targets[i].model) &&
            str_eq_c(answer->end.provider, answer->targets[i].provider->name))
            return &answer->targets[i];
    return answer->target_count > 0 ? &answer->targets[0] : NULL;
}

static const char *finish_name(enum ai_finish finish)
{
    static const char *const names[] = { [AI_FINISH_NONE] = NULL,
                                         [AI_FINISH_STOP] = "stop",
                                         [AI_FINISH_LENGTH] = "length",
                                         [AI_FINISH_TOOLS] = "tools",
                                         [AI_FINISH_FILTER] = "filter" };

    return names[finish];
}

/* What the provider says, or what can be told by the texts; nothing where nothing can have been asked. */
static bool usage_reckon(const struct answer *answer, const struct answer_target *target, struct message_usage *usage)
{
    const struct ai_usage *said = &answer->end.usage;

    *usage = (struct message_usage){ .context_messages = answer->context_messages };
    if (said->is_known) {
        usage->prompt_tokens = said->prompt;
        usage->cached_tokens = said->cached;
        usage->completion_tokens = said->completion;
        usage->reasoning_tokens = said->reasoning;
        usage->truncated = target->bytes_per_token_milli != ESTIMATE_START_MILLI &&
                           estimate_is_truncated(answer->asked_tokens, said->prompt);
        return true;
    }
    if (answer->end.first_token_ms < 0)
        return false;
    usage->estimated = true;
    usage->prompt_tokens = answer->asked_tokens;
    usage->reasoning_tokens = estimate_tokens((int64_t)answer->texts[AI_REASONING].len, target->bytes_per_token_milli);
    usage->completion_tokens = usage->reasoning_tokens +
                               estimate_tokens((int64_t)answer->texts[AI_TEXT].len, target->bytes_per_token_milli);
    return true;
}

static void end_fill(const struct answer *answer, struct generation_end *end)
{
    const struct ai_end *said = &answer->end;
    enum ai_fault fault = answer->is_cut ? AI_FAULT_TOO_LONG : said->fault;
    bool stopped = said->outcome == AI_STOPPED && !answer->is_cut;

    end->end.status = said->outcome == AI_COMPLETE && !answer->is_cut ? MESSAGE_COMPLETE
                      : stopped                                       ? MESSAGE_STOPPED
                                                                      : MESSAGE_FAILED;
    if (end->end.status == MESSAGE_FAILED)
        end->end.fault = str_from(ai_fault_row(fault)->code);
    end->end.finish = str_from(finish_name(said->finish));
    end->end.text.content = buf_str(&answer->texts[AI_TEXT]);
    if (answer->texts[AI_REASONING].len > 0)
        end->end.text.reasoning = buf_str(&answer->texts[AI_REASONING]);
    end->first_token_ms = said->first_token_ms;
    end->duration_ms = (clock_monotonic_us() - answer->began_us) / US_PER_MS;
    end->attempts = said->attempts;
}

/* The next question to this model is reckoned better. Best effort: it is but an estimate. */
static enum err learn(struct ctx *ctx, const struct answer *answer, const struct answer_target *target)
{
    const struct ai_usage *said = &answer->end.usage;
    int milli = target->bytes_per_token_milli;
    int learned = said->is_known ? estimate_learn(milli, answer->asked_tokens, said->prompt) : milli;

    if (learned == milli || estimate_is_truncated(answer->asked_tokens, said->prompt))
        return ERR_OK;
    return db_exec(ctx, SQL_MODEL_LEARN, DB_ARGS(DB_INT(learned), DB_INT(target->model_id)), NULL);
}

/* It has ended: the engine's thread touches it no more. */
static enum err end_write(struct ctx *ctx, const struct answer *answer)
{
    const struct answer_target *target = target_of(answer);
    struct generation generation = { .id = answer->id, .message_id = answer->message_id };
    struct generation_end end = { .generation = &generation };

    TRY(generation_get(ctx, answer->id, &generation));
    end_fill(answer, &end);
    if (target != NULL) {
        generation.price = target->price;
        end.end.provider = str_from(target->provider_name);
        end.end.model = str_from(target->model);
        end.has_usage = usage_reckon(answer, target, &end.usage);
    }
    TRY(generation_finish(ctx, &end));
    return target == NULL ? ERR_OK : learn(ctx, answer, target);
}

enum err recorder_finish(struct ctx *ctx, struct recorder *recorder)
{
    for (;;) {
        struct answer *answer;
        enum err e;

        pthread_mutex_lock(&recorder->lock);
        answer = ended_find(recorder);
        pthread_mutex_unlock(&recorder->lock);
        if (answer == NULL)
            return ERR_OK;
        e = end_write(ctx, answer);
        if (e != ERR_OK && e != ERR_NOT_FOUND)
            return e;
        answer_remove(recorder, answer);
        task_renew(&recorder->task);
    }
}
