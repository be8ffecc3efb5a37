#include "parley/ai/engine.h"

#include <stdlib.h>

#include "engine_private.h"
#include "parley/core/clock.h"

/* ---- starting ---- */

void engine_told(struct engine *engine)
{
    (void)pthread_mutex_lock(&engine->lock);
    if (--engine->live_count == 0)
        (void)pthread_cond_broadcast(&engine->idle);
    (void)pthread_mutex_unlock(&engine->lock);
}

static void start_run(struct loop_item *item)
{
    struct generation *generation = (struct generation *)item; /* its first member */
    struct engine *engine = generation->engine;

    generation->next = engine->generations;
    generation->link = &engine->generations;
    if (generation->next != NULL)
        generation->next->link = &generation->next;
    engine->generations = generation;
    if (engine->stops)
        generation_end(generation, AI_FAILED, AI_FAULT_INTERRUPTED);
    else
        engine_enter(engine, generation);
}

static enum err targets_copy(struct generation *generation, const struct ai_order *order)
{
    for (size_t i = 0; i < order->target_count; i++) {
        generation->targets[i].model = strdup(order->targets[i].model);
        if (generation->targets[i].model == NULL)
            return ERR_NO_MEMORY;
        generation->targets[i].provider = ai_provider_hold(order->targets[i].provider);
        generation->target_count++;
    }
    return ERR_OK;
}

static void trace_copy(char *ret_text, const char *text)
{
    if (text != NULL && strlen(text) <= AI_TRACE_MAX_BYTES)
        memcpy(ret_text, text, strlen(text) + 1);
}

enum err engine_start(struct engine *engine, const struct ai_order *order)
{
    struct generation *generation = calloc(1, sizeof(*generation));

    if (generation == NULL)
        return ERR_NO_MEMORY;
    generation->item.run = start_run;
    generation->engine = engine;
    generation->id = order->id;
    generation->user_id = order->user_id;
    generation->sink = order->sink;
    generation->need_body = order->need_body;
    generation->timer = (struct loop_timer){ .fn = generation_timer, .arg = generation };
    generation->begun_us = clock_monotonic_us();
    generation->retry_after_ms = -1;
    trace_copy(generation->request_id, order->request_id);
    trace_copy(generation->traceparent, order->traceparent);
    if (targets_copy(generation, order) != ERR_OK) {
        generation->link = &generation->next; /* of no list */
        generation->next = NULL;
        generation_free(generation);
        return ERR_NO_MEMORY;
    }
    generation->body = order->first_body;
    generation->has_body = true;
    atomic_fetch_add(&engine->counters.started, 1);
    (void)pthread_mutex_lock(&engine->lock);
    engine->live_count++;
    (void)pthread_mutex_unlock(&engine->lock);
    loop_post(engine->loop, &generation->item);
    return ERR_OK;
}

/* ---- what is said about one that was started ---- */

struct message {
    struct loop_item item;
    struct engine *engine;
    int64_t id;
    struct ai_body body;
    enum ai_fault fault;
};

/* NULL: it has ended. */
static struct generation *find(const struct engine *engine, int64_t id)
{
    struct generation *generation = engine->generations;

    while (generation != NULL && (generation->id != id || generation->state == GENERATION_TOLD))
        generation = generation->next;
    return generation;
}

static enum err message_post(struct engine *engine, const struct message *message)
{
    struct message *copy = malloc(sizeof(*copy));

    if (copy == NULL)
        return ERR_NO_MEMORY;
    *copy = *message;
    copy->engine = engine;
    loop_post(engine->loop, &copy->item);
    return ERR_OK;
}

static void body_run(struct loop_item *item)
{
    struct message *message = (struct message *)item;
    struct generation *generation = find(message->engine, message->id);

    if (generation != NULL && generation->state == GENERATION_UNSENT)
        generation_body(generation, &message->body, message->fault);
    else
        ai_body_release(&message->body);
    free(message);
}

enum err engine_body(struct engine *engine, int64_t id, const struct ai_body *body, enum ai_fault fault)
{
    struct message message = { .item.run = body_run, .id = id, .body = { .fd = -1 }, .fault = fault };

    if (fault == AI_FAULT_NONE)
        message.body = *body;
    return message_post(engine, &message);
}

static void cancel_run(struct loop_item *item)
{
    struct message *message = (struct message *)item;
    struct generation *generation = find(message->engine, message->id);

    if (generation != NULL)
        generation_end(generation, AI_STOPPED, AI_FAULT_STOPPED);
    free(message);
}

enum err engine_cancel(struct engine *engine, int64_t id)
{
    const struct message message = { .item.run = cancel_run, .id = id };

    return message_post(engine, &message);
}

/* ---- figures ---- */

static int64_t figure(atomic_llong *counter)
{
    return atomic_load_explicit(counter, memory_order_relaxed);
}

static void provider_state(struct line *line, struct engine_provider_state *ret_state)
{
    int64_t left_us = figure(&line->open_until_us) - clock_monotonic_us();

    *ret_state = (struct engine_provider_state){
        .running_count = figure(&line->running),
        .queued_count = figure(&line->queued),
        .fault = (enum ai_fault)atomic_load_explicit(&line->fault, memory_order_relaxed),
        .open_for_ms = left_us > 0 ? left_us / US_PER_MS : 0,
    };
}

void engine_provider_state(struct engine *engine, int64_t provider_id, struct engine_provider_state *ret_state)
{
    *ret_state = (struct engine_provider_state){ .fault = AI_FAULT_NONE };
    (void)pthread_mutex_lock(&engine->lock);
    for (struct line *line = engine->lines; line != NULL; line = line->next)
        if (line->provider_id == provider_id)
            provider_state(line, ret_state);
    (void)pthread_mutex_unlock(&engine->lock);
}

static int64_t open_count(struct engine *engine)
{
    struct engine_provider_state state;
    int64_t count = 0;

    (void)pthread_mutex_lock(&engine->lock);
    for (struct line *line = engine->lines; line != NULL; line = line->next) {
        provider_state(line, &state);
        count += state.fault != AI_FAULT_NONE ? 1 : 0;
    }
    (void)pthread_mutex_unlock(&engine->lock);
    return count;
}

void engine_stats(struct engine *engine, struct engine_stats *ret_stats)
{
    struct engine_counters *counters = &engine->counters;

    *ret_stats = (struct engine_stats){
        .running_count = figure(&counters->running),
        .queued_count = figure(&counters->queued),
        .open_count = open_count(engine),
        .started_count = figure(&counters->started),
        .completed_count = figure(&counters->completed),
        .stopped_count = figure(&counters->stopped),
        .attempt_count = figure(&counters->attempts),
        .retry_count = figure(&counters->retries),
        .fallback_count = figure(&counters->fallbacks),
    };
    for (int i = 0; i < AI_FAULT_COUNT; i++)
        ret_stats->failed_counts[i] = figure(&counters->failed[i]);
}

/* ---- beginning and end ---- */

enum err engine_new(struct loop *loop, struct engine **ret_engine)
{
    struct engine *engine = calloc(1, sizeof(*engine));
    pthread_condattr_t attributes;

    if (engine == NULL)
        return ERR_NO_MEMORY;
    engine->loop = loop;
    engine->scratch = arena_new(AI_SCRATCH_BYTES);
    if (engine->scratch == NULL) {
        free(engine);
        return ERR_NO_MEMORY;
    }
    (void)pthread_mutex_init(&engine->lock, NULL);
    (void)pthread_condattr_init(&attributes);
    (void)pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    (void)pthread_cond_init(&engine->idle, &attributes);
    (void)pthread_condattr_destroy(&attributes);
    *ret_engine = engine;
    return ERR_OK;
}

static struct generation *first_of(const struct engine *engine, bool (*is)(const struct generation *generation))
{
    struct generation *generation = engine->generations;

    while (generation != NULL && !is(generation))
        generation = generation->next;
    return generation;
}

/* Each end may serve, and end, others: the list is looked at anew. */
static void end_all(struct engine *engine, bool (*is)(const struct generation *generation))
{
    struct generation *generation;

    while ((generation = first_of(engine, is)) != NULL)
        generation_end(generation, AI_FAILED, AI_FAULT_INTERRUPTED);
}

static bool is_queued(const struct generation *generation)
{
    return generation->state == GENERATION_QUEUED;
}

static bool is_any(const struct generation *generation)
{
    (void)generation;
    return true;
}

/* Has something done on the loop's thread and waits for it. */
struct errand {
    struct loop_item item;
    struct engine *engine;
    bool (*is)(const struct generation *generation); /* whom it ends */
    bool is_done;                                    /* guarded by the engine's lock */
};

static void errand_run(struct loop_item *item)
{
    struct errand *errand = (struct errand *)item;
    struct engine *engine = errand->engine;

    engine->stops = true;
    end_all(engine, errand->is);
    (void)pthread_mutex_lock(&engine->lock);
    errand->is_done = true;
    (void)pthread_cond_broadcast(&engine->idle);
    (void)pthread_mutex_unlock(&engine->lock);
}

static void errand_await(struct engine *engine, bool (*is)(const struct generation *generation))
{
    struct errand errand = { .item.run = errand_run, .engine = engine, .is = is };

    loop_post(engine->loop, &errand.item);
    (void)pthread_mutex_lock(&engine->lock);
    while (!errand.is_done)
        (void)pthread_cond_wait(&engine->idle, &engine->lock);
    (void)pthread_mutex_unlock(&engine->lock);
}

void engine_stop(struct engine *engine, int max_s)
{
    struct timespec until = clock_deadline(clock_monotonic_us() + max_s * US_PER_S);
    int waited = 0;

    errand_await(engine, is_queued);
    (void)pthread_mutex_lock(&engine->lock);
    while (engine->live_count > 0 && waited == 0)
        waited = pthread_cond_timedwait(&engine->idle, &engine->lock, &until);
    (void)pthread_mutex_unlock(&engine->lock);
    errand_await(engine, is_any);
}

void engine_free(struct engine *engine)
{
    if (engine == NULL)
        return;
    while (engine->lines != NULL) {
        struct line *line = engine->lines;

        engine->lines = line->next;
        free(line);
    }
    arena_free(engine->scratch);
    (void)pthread_cond_destroy(&engine->idle);
    (void)pthread_mutex_destroy(&engine->lock);
    free(engine);
}
