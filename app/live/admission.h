/* How many streams a user, a network and all together have. Any thread. */
#ifndef PARLEY_APP_LIVE_ADMISSION_H
#define PARLEY_APP_LIVE_ADMISSION_H

#include <pthread.h>
#include <stdint.h>

#include "parley/core/err.h"
#include "parley/core/siphash.h"
#include "parley/core/str.h"
#include "parley/live/hub.h"

enum { ADMISSION_SLOTS = 4096 };

struct tally {
    uint64_t key;
    int64_t count;
    struct tally *next;
};

struct admission {
    struct siphash_key hash_key;
    pthread_mutex_t lock; /* guards what follows */
    struct tally *slots[ADMISSION_SLOTS];
    int64_t stream_count, parked_count;
    int64_t refused_count;
};

void admission_init(struct admission *admission);
void admission_release(struct admission *admission);
/* Errors as hub_admit. On success ret_permit has all but the hub. */
enum err admission_enter(struct admission *admission, const struct hub_opts *opts, int64_t user_id, struct str ip,
                         struct stream_permit *ret_permit) MUST_CHECK;
void admission_leave(struct admission *admission, int64_t user_id, uint64_t network);
/* A parked request. ERR_BUSY. */
enum err admission_park(struct admission *admission) MUST_CHECK;
void admission_unpark(struct admission *admission);
int64_t admission_refused_count(struct admission *admission);

#endif
