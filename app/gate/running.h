/*
 * The Idempotency-Keys whose first request is running in this process, so that a second one is told so at once. (In
 * another process it waits for the first one's row lock instead.)
 */
#ifndef PARLEY_APP_GATE_RUNNING_H
#define PARLEY_APP_GATE_RUNNING_H

#include <pthread.h>

#include "parley/domain/record/idempotency.h"

struct running_entry {
    const struct idempotency_claim *claim;
    struct running_entry *next;
};

struct running {
    pthread_mutex_t lock; /* guards first and all entries; nothing else is locked under it */
    struct running_entry *first;
};

void running_init(struct running *running);
void running_release(struct running *running);
/* Puts *entry, which the caller keeps until running_leave, into the set. ERR_IDEMPOTENCY_RUNNING: the key is in it. */
enum err running_enter(struct running *running, const struct idempotency_claim *claim,
                       struct running_entry *entry) MUST_CHECK;
void running_leave(struct running *running, struct running_entry *entry);

#endif
