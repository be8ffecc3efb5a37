/*
 * Which of the threads take requests.
 *
 * At most `worker_count` requests are under way at once; one that rests (server_yield_begin) is not counted. Of these no more
 * compute than there are processors, if that can be had: the kernel gives a connection to the thread that has slept in
 * accept(2) for longest, so each thread beyond the processors costs changes of context (16 threads answered 27,000
 * requests/s, 2 answered 34,000/s). So a thread that seldom waits (core/blocking.h), and time after time finds enough others who
 * compute or accept, goes to sleep; it is woken when they wait and nobody is left to accept. Should something take long
 * without having said so, a connection that nobody has taken for CHECK_INTERVAL_MS gets a sleeper up.
 */
#ifndef PARLEY_APP_HTTP_WORKER_POOL_H
#define PARLEY_APP_HTTP_WORKER_POOL_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "parley/core/err.h"

enum worker_state {
    WORKER_SLEEPING,
    WORKER_ACCEPTING,
    WORKER_RUNNING,
    WORKER_BLOCKED,
    WORKER_PARKED,
    WORKER_STATE_COUNT
};

struct worker_pool_opts {
    int listen_fd;       /* on which they accept */
    int worker_count;    /* requests under way at once */
    int processor_count; /* threads computing at once, if it can be had */
};

struct worker_pool {
    struct worker_pool_opts opts;
    pthread_t watch;
    atomic_bool stopping;
    pthread_mutex_t lock;   /* guards what follows */
    pthread_cond_t changed; /* a thread has left, or the pool is to stop */
    int counts[WORKER_STATE_COUNT];
    struct worker_slot
        *asleep;          /* who has slept for the shortest time, and is called first: the others keep no memory warm */
    int64_t accept_count; /* how often a thread has gone to accept */
};

/* One thread of a pool. */
struct worker_slot {
    struct worker_pool *pool;
    enum worker_state state;   /* guarded by the pool's lock, as are… */
    struct worker_slot *below; /* …who has slept for longer… */
    pthread_cond_t called;     /* …and that it is to get up */
    int surplus_count;         /* requests, since it last waited, in which it was one too many */
};

/* Starts the watch. ERR_NO_MEMORY: no thread for it. */
enum err worker_pool_init(struct worker_pool *pool, const struct worker_pool_opts *opts) MUST_CHECK;
/* After worker_pool_stop, when nobody is left. */
void worker_pool_destroy(struct worker_pool *pool);
/* Before a thread is started; at its end, or where it could not be started; and when all have left. */
void worker_pool_enlist(struct worker_pool *pool, struct worker_slot *ret_slot);
void worker_pool_leave(struct worker_slot *slot);
void worker_pool_forget(struct worker_slot *slot);
/* Gets everybody up. */
void worker_pool_stop(struct worker_pool *pool);
/* Waits until all have left, at most for so long. False: some have not. */
bool worker_pool_wait_gone(struct worker_pool *pool, int max_s);

/* The thread is about to accept; it may sleep first. False: the pool stops. */
bool worker_pool_accept(struct worker_slot *slot);
/* What it does from now on, besides sleeping and accepting. Never blocks. */
void worker_pool_set_state(struct worker_slot *slot, enum worker_state state);
/* Waits for so long, or until the pool stops. */
void worker_pool_pause(struct worker_pool *pool, int ms);

#endif
