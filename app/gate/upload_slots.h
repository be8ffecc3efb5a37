/*
 * The places for uploads: an upload holds a worker for as long as the store likes, so at most half the workers are given to
 * them. One whose bytes come at the client's pace holds it as long as that one likes, too: of the places at most a quarter is
 * for such uploads of one user or address, once half of them are taken. So nobody keeps the others out, and who is alone is
 * quick.
 */
#ifndef PARLEY_APP_GATE_UPLOAD_SLOTS_H
#define PARLEY_APP_GATE_UPLOAD_SLOTS_H

#include <pthread.h>

#include "parley/core/ctx.h"
#include "parley/gate/gate.h"
#include "rate_key.h"

/* Forms have been taken in by nginx; direct uploads to the folder store are handed over as they come. */
enum upload_pace { UPLOAD_TAKEN_IN, UPLOAD_AS_IT_COMES };

struct upload_slot {
    struct rate_key key; /* whose it is */
    struct upload_slot *next;
};

struct upload_slots {
    pthread_mutex_t lock; /* guards what follows and all slots; nothing else is locked under it */
    struct upload_slot *first;
    int64_t refused_count; /* since the start */
};

void upload_slots_init(struct upload_slots *slots);
void upload_slots_release(struct upload_slots *slots);
/* Puts *slot, which the caller keeps until upload_slots_leave, into the set, for ctx->actor or else ctx->ip. false: no room. */
bool upload_slots_enter(struct upload_slots *slots, const struct ctx *ctx, enum upload_pace pace,
                        struct upload_slot *slot);
/* The same place in other memory: *moved takes the place of *slot, which the caller may forget. */
void upload_slots_move(struct upload_slots *slots, const struct upload_slot *slot, struct upload_slot *moved);
/* As gate_stats says. */
void upload_slots_stats(struct upload_slots *slots, int64_t worker_count, struct gate_stats *ret_stats);
void upload_slots_leave(struct upload_slots *slots, struct upload_slot *slot);

#endif
