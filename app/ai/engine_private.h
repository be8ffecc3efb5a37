/* The inside of the engine, for the files of this room. */
#ifndef PARLEY_APP_AI_ENGINE_PRIVATE_H
#define PARLEY_APP_AI_ENGINE_PRIVATE_H

#include <pthread.h>
#include <stdatomic.h>

#include "generation.h"
#include "line.h"
#include "parley/ai/engine.h"
#include "parley/core/arena.h"

struct engine_counters {
    atomic_llong running, queued;
    atomic_llong started, completed, stopped, attempts, retries, fallbacks;
    atomic_llong failed[AI_FAULT_COUNT];
};

struct engine {
    struct loop *loop;
    struct arena *scratch;
    struct engine_counters counters;

    pthread_mutex_t lock; /* guards what follows; lines is changed by the loop's thread only */
    pthread_cond_t idle;  /* no answer is under way */
    struct line *lines;
    int64_t live_count; /* orders that were taken and whose end has not been told */

    /* ---- the loop's thread's own ---- */
    struct generation *generations;
    bool stops;
};

/* ---- serve.c ---- */

/* Puts it into the line of its present target, or has it refused. */
void engine_enter(struct engine *engine, struct generation *generation);
/* Tells other threads how a line stands, and all of them. */
void engine_publish(struct engine *engine, struct line *line);
/* Starts whom the line has room for. */
void engine_serve(struct engine *engine, struct line *line);

/* ---- engine.c ---- */

/* The end of one has been told. */
void engine_told(struct engine *engine);

#endif
