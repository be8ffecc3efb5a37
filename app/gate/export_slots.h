/*
 * The places for exports: one holds a worker as long as its client reads, and may be as large as everything that there is. So
 * there are EXPORTS_MAX at once in a process, and one of a user. A place is held until the answer has been sent.
 */
#ifndef PARLEY_APP_GATE_EXPORT_SLOTS_H
#define PARLEY_APP_GATE_EXPORT_SLOTS_H

#include <pthread.h>

#include "parley/core/ctx.h"
#include "parley/core/limits.h"

struct export_slots {
    pthread_mutex_t lock; /* guards what follows; nothing else is locked under it */
    pthread_cond_t freed;
    int64_t users[EXPORTS_MAX]; /* integer keys; 0: nobody's */
};

/* ERR_NO_MEMORY: nothing is to be released. */
enum err export_slots_init(struct export_slots *slots) MUST_CHECK;
void export_slots_release(struct export_slots *slots);
/*
 * A place for ctx->actor, until ctx's arena is reset; waits for it up to EXPORT_WAIT_MS. ERR_BUSY: none is free, or they have
 * one. ERR_NO_MEMORY.
 */
enum err export_slots_enter(struct export_slots *slots, struct ctx *ctx) MUST_CHECK;

#endif
