#include "generation.h"

#include <stdlib.h>

#include "engine_private.h"
#include "parley/core/clock.h"
#include "parley/core/rand.h"

static const struct ai_target *target_of(const struct generation *generation)
{
    return &generation->targets[generation->target];
}

void ai_body_release(struct ai_body *body)
{
    if (body->release != NULL)
        body->release(body->arg);
    *body = (struct ai_body){ .fd = -1 };
}

static void body_drop(struct generation *generation)
{
    if (generation->has_body)
        ai_body_release(&generation->body);
    generation->has_body = false;
}

void generation_free(struct generation *generation)
{
    *generation->link = generation->next;
    if (generation->next != NULL)
        generation->next->link = generation->link;
    loop_timer_clear(generation->engine->loop, &generation->timer);
    attempt_drop(generation);
    for (size_t i = 0; i < generation->target_count; i++) {
        ai_provider_drop(generation->targets[i].provider);
        free((char *)generation->targets[i].model);
    }
    body_drop(generation);
    free(generation);
}

/* ---- its place ---- */

/* Gives up its place, in the queue or among those that run. Who comes next is served by engine_serve. */
static struct line *leave(struct generation *generation)
{
    struct line *line = generation->line;

    if (line == NULL)
        return NULL;
    if (generation->is_trying)
        breaker_unknown(&line->breaker);
    if (generation->state == GENERATION_QUEUED)
        line_leave(line, generation);
    else
        line_done(line, generation->user_id);
    generation->is_trying = false;
    generation->line = NULL;
    engine_publish(generation->engine, line);
    return line;
}

static void body_ask(struct generation *generation)
{
    const struct ai_need need = { generation->target, generation->was_shortened };

    body_drop(generation);
    generation->state = GENERATION_UNSENT;
    generation_timer_set(generation);
    generation->need_body(generation->sink.arg, &need);
}

void generation_run(struct generation *generation)
{
    if (generation->has_body)
        attempt_start(generation);
    else
        body_ask(generation);
}

void generation_body(struct generation *generation, const struct ai_body *body, enum ai_fault fault)
{
    if (fault != AI_FAULT_NONE) {
        generation_end(generation, AI_FAILED, fault);
        return;
    }
    generation->body = *body;
    generation->has_body = true;
    attempt_start(generation);
}

/* ---- the end ---- */

static void count_end(struct engine *engine, enum ai_outcome outcome, enum ai_fault fault)
{
    struct engine_counters *counters = &engine->counters;

    atomic_fetch_add(outcome == AI_COMPLETE  ? &counters->completed
                     : outcome == AI_STOPPED ? &counters->stopped
                                             : &counters->failed[fault],
                     1);
}

static void end_tell(struct generation *generation, enum ai_outcome outcome, enum ai_fault fault)
{
    int64_t first_us = generation->first_token_us;
    const struct ai_end end = {
        .outcome = outcome,
        .finish = generation->read.finish,
        .fault = fault,
        .retry_after_ms = fault == AI_FAULT_RATE_LIMITED ? generation->retry_after_ms : -1,
        .usage = generation->read.usage,
        .provider = str_from(target_of(generation)->provider->name),
        .model = str_from(target_of(generation)->model),
        .first_token_ms = first_us == 0 ? -1 : (first_us - generation->begun_us) / US_PER_MS,
        .total_ms = (clock_monotonic_us() - generation->begun_us) / US_PER_MS,
        .attempts = generation->attempt_count,
    };

    count_end(generation->engine, outcome, fault);
    generation->sink.end(generation->sink.arg, &end);
}

void generation_end(struct generation *generation, enum ai_outcome outcome, enum ai_fault fault)
{
    struct engine *engine = generation->engine;
    struct line *line = leave(generation);

    if (generation->state != GENERATION_TOLD) {
        end_tell(generation, outcome, fault);
        engine_told(engine);
    }
    generation_free(generation);
    if (line != NULL)
        engine_serve(engine, line);
}

void generation_complete(struct generation *generation)
{
    struct engine *engine = generation->engine;
    struct line *line = generation->line;

    breaker_good(&line->breaker, clock_monotonic_us());
    generation->is_trying = false;
    if (generation->call == NULL || !generation->read.is_ended) {
        generation_end(generation, AI_COMPLETE, AI_FAULT_NONE);
        return;
    }
    (void)leave(generation);
    end_tell(generation, AI_COMPLETE, AI_FAULT_NONE);
    engine_told(engine);
    generation->state = GENERATION_TOLD;
    generation->finish_us = clock_monotonic_us();
    generation_timer_set(generation);
    engine_serve(engine, line);
}

/* ---- what went wrong ---- */

/* What the fault says about the provider. */
static void breaker_tell(struct generation *generation, enum ai_fault fault)
{
    struct breaker *breaker = &generation->line->breaker;
    int64_t now_us = clock_monotonic_us();
    bool was_trying = generation->is_trying;

    generation->is_trying = false;
    if (fault == AI_FAULT_REFUSED_KEY)
        breaker_open_for(breaker, fault, AI_BREAKER_KEY_S * INT64_C(1000), now_us);
    else if (fault == AI_FAULT_RATE_LIMITED && generation->retry_after_ms > AI_RETRY_AFTER_MAX_MS)
        breaker_open_for(breaker, fault, generation->retry_after_ms, now_us);
    else if ((ai_fault_row(fault)->flags & AI_FAULT_BREAKS) != 0)
        breaker_bad(breaker, fault, now_us);
    else if (fault != AI_FAULT_OUT_OF_MEMORY)
        breaker_good(breaker, now_us);
    else if (was_trying)
        breaker_unknown(breaker);
}

static void pause_before_retry(struct generation *generation)
{
    int64_t wait_ms = generation->retry_after_ms > 0 ? generation->retry_after_ms : 0;

    attempt_drop(generation);
    generation->was_retried = true;
    generation->state = GENERATION_PAUSED;
    generation->life_us = clock_monotonic_us() + (wait_ms + (int64_t)rand_below(AI_JITTER_MS)) * US_PER_MS;
    atomic_fetch_add(&generation->engine->counters.retries, 1);
    generation_timer_set(generation);
}

static void shorten(struct generation *generation)
{
    attempt_drop(generation);
    generation->was_shortened = true;
    atomic_fetch_add(&generation->engine->counters.retries, 1);
    body_ask(generation);
}

void generation_pass_on(struct generation *generation, enum ai_fault fault)
{
    bool may = (ai_fault_row(fault)->flags & AI_FAULT_FALLS_BACK) != 0 && generation->need_body != NULL;
    struct engine *engine = generation->engine;
    struct line *line;

    if (!may || engine->stops || generation->target + 1 >= generation->target_count) {
        generation_end(generation, AI_FAILED, fault);
        return;
    }
    attempt_drop(generation);
    body_drop(generation);
    line = leave(generation);
    generation->target++;
    generation->was_retried = false;
    atomic_fetch_add(&engine->counters.fallbacks, 1);
    engine_enter(engine, generation);
    if (line != NULL)
        engine_serve(engine, line);
}

void generation_failed(struct generation *generation, enum ai_fault fault, bool is_unbilled)
{
    struct breaker *breaker = &generation->line->breaker;

    breaker_tell(generation, fault);
    if (generation->first_token_us != 0 || generation->engine->stops)
        generation_end(generation, AI_FAILED, fault);
    else if (is_unbilled && !generation->was_retried && !breaker_is_open(breaker, clock_monotonic_us()))
        pause_before_retry(generation);
    else if (fault == AI_FAULT_CONTEXT_TOO_LONG && !generation->was_shortened && generation->need_body != NULL)
        shorten(generation);
    else
        generation_pass_on(generation, fault);
}

/* ---- its timer ---- */

static int64_t earlier(int64_t a_us, int64_t b_us)
{
    return a_us < b_us ? a_us : b_us;
}

static int64_t deadline_running(const struct generation *generation)
{
    const struct ai_provider *provider = target_of(generation)->provider;
    int64_t total_us = generation->first_us + provider->total_s * US_PER_S;

    if (generation->finish_us != 0)
        return generation->finish_us + AI_USAGE_WAIT_MS * US_PER_MS;
    if (generation->first_token_us == 0)
        return earlier(total_us, generation->sent_us + provider->first_token_s * US_PER_S);
    return earlier(total_us, generation->life_us + provider->idle_s * US_PER_S);
}

static int64_t deadline(const struct generation *generation)
{
    int64_t begun_us = generation->first_us != 0 ? generation->first_us : generation->entered_us;

    switch (generation->state) {
    case GENERATION_QUEUED: return generation->entered_us + AI_QUEUE_WAIT_MAX_S * US_PER_S;
    case GENERATION_UNSENT: return begun_us + target_of(generation)->provider->total_s * US_PER_S;
    case GENERATION_PAUSED: return generation->life_us;
    case GENERATION_TOLD: return generation->finish_us + AI_USAGE_WAIT_MS * US_PER_MS;
    default: return deadline_running(generation);
    }
}

static void late_running(struct generation *generation, int64_t now_us)
{
    const struct ai_provider *provider = target_of(generation)->provider;

    if (generation->finish_us != 0)
        generation_complete(generation);
    else if (now_us >= generation->first_us + provider->total_s * US_PER_S)
        generation_failed(generation, AI_FAULT_TIMED_OUT, false);
    else
        generation_failed(generation, generation->first_token_us == 0 ? AI_FAULT_NO_FIRST_TOKEN : AI_FAULT_WENT_SILENT,
                          false);
}

/* Whatever was heard meanwhile has not moved the timer: it looks at what holds now. */
void generation_timer(void *arg)
{
    struct generation *generation = arg;
    int64_t now_us = clock_monotonic_us();

    if (now_us < deadline(generation)) {
        generation_timer_set(generation);
        return;
    }
    switch (generation->state) {
    case GENERATION_QUEUED: generation_end(generation, AI_FAILED, AI_FAULT_QUEUE_FULL); break;
    case GENERATION_UNSENT: generation_end(generation, AI_FAILED, AI_FAULT_TIMED_OUT); break;
    case GENERATION_PAUSED: attempt_start(generation); break;
    case GENERATION_TOLD: generation_free(generation); break;
    default: late_running(generation, now_us);
    }
}

void generation_timer_set(struct generation *generation)
{
    loop_timer_set(generation->engine->loop, &generation->timer, deadline(generation));
}
