#include <stdlib.h>

#include "engine_private.h"
#include "parley/core/clock.h"

static struct line *line_of(struct engine *engine, const struct ai_provider *provider)
{
    struct line *line = engine->lines;

    while (line != NULL && line->provider_id != provider->id)
        line = line->next;
    if (line == NULL) {
        line = malloc(sizeof(*line));
        if (line == NULL)
            return NULL;
        line_init(line, provider->id, provider->version);
        (void)pthread_mutex_lock(&engine->lock);
        line->next = engine->lines;
        engine->lines = line;
        (void)pthread_mutex_unlock(&engine->lock);
    }
    /* Somebody has changed it: perhaps that was what was wrong. */
    if (line->version != provider->version)
        line->breaker = (struct breaker){ 0 };
    line->version = provider->version;
    line->running_max = provider->max_parallel;
    return line;
}

static void refuse(struct generation *generation, const struct breaker *breaker, int64_t now_us)
{
    int64_t left_us = breaker->open_until_us - now_us;
    bool may_pass = (ai_fault_row(breaker->fault)->flags & AI_FAULT_FALLS_BACK) != 0;

    generation->line = NULL;
    generation->retry_after_ms = left_us > 0 ? left_us / US_PER_MS : -1;
    generation_pass_on(generation, may_pass ? breaker->fault : AI_FAULT_UNREACHABLE);
}

/* Serves the next; false: nobody can be served. */
static bool serve_next(struct line *line)
{
    int64_t now_us = clock_monotonic_us();
    struct generation *generation;

    if (breaker_is_open(&line->breaker, now_us)) {
        generation = line_take(line);
        if (generation != NULL)
            refuse(generation, &line->breaker, now_us);
        return generation != NULL;
    }
    generation = line->running_count < line->running_max ? line_next(line) : NULL;
    if (generation == NULL)
        return false;
    generation->is_trying = breaker_pass(&line->breaker);
    generation->state = GENERATION_UNSENT;
    generation_run(generation);
    return true;
}

void engine_publish(struct engine *engine, struct line *line)
{
    int64_t running = 0, queued = 0;

    line_publish(line);
    for (const struct line *each = engine->lines; each != NULL; each = each->next) {
        running += each->running_count;
        queued += each->queued_count;
    }
    atomic_store_explicit(&engine->counters.running, running, memory_order_relaxed);
    atomic_store_explicit(&engine->counters.queued, queued, memory_order_relaxed);
}

/* What is served may end at once and come here again: the first call goes on for it. */
void engine_serve(struct engine *engine, struct line *line)
{
    if (line->is_served)
        return;
    line->is_served = true;
    while (serve_next(line))
        ;
    line->is_served = false;
    engine_publish(engine, line);
}

void engine_enter(struct engine *engine, struct generation *generation)
{
    struct line *line = line_of(engine, generation->targets[generation->target].provider);
    enum err e = line != NULL ? line_enter(line, generation) : ERR_NO_MEMORY;

    if (e != ERR_OK) {
        generation_end(generation, AI_FAILED, e == ERR_BUSY ? AI_FAULT_QUEUE_FULL : AI_FAULT_OUT_OF_MEMORY);
        return;
    }
    generation->line = line;
    generation->state = GENERATION_QUEUED;
    generation->entered_us = clock_monotonic_us();
    generation_timer_set(generation);
    engine_serve(engine, line);
}
