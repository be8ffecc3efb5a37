/*
 * The Idempotency-Keys whose first request is running in this process, so that a second one is refused at once. (In
 * another process it waits for the first one's row lock instead.)
 */
#ifndef PARLEY_APP_GATE_IN_FLIGHT_H
#define PARLEY_APP_GATE_IN_FLIGHT_H

#include <pthread.h>

#include "parley/domain/record/idempotency.h"

struct in_flight_entry {
    int64_t user_id;
    uint8_t key_hash[SHA256_BYTES];
    struct in_flight_entry *next;
};

struct in_flight {
    pthread_mutex_t lock; /* guards first and all entries; nothing else is locked under it */
    struct in_flight_entry *first;
};

void in_flight_init(struct in_flight *in_flight);
void in_flight_release(struct in_flight *in_flight);
/* Puts *entry, which the caller keeps until in_flight_leave, into the set. ERR_IDEMPOTENCY_RUNNING: the key is in it. */
enum err in_flight_enter(struct in_flight *in_flight, const struct idempotency_claim *claim,
                         struct in_flight_entry *entry) MUST_CHECK;
/* The same key in other memory: *moved takes the place of *entry, which the caller may forget. */
void in_flight_move(struct in_flight *in_flight, const struct in_flight_entry *entry, struct in_flight_entry *moved);
void in_flight_leave(struct in_flight *in_flight, struct in_flight_entry *entry);

#endif
