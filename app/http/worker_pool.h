/*
 * Which of the threads accept requests.
 *
 * At most `worker_count` requests run at once; one that yields (server_yield_begin) is not counted. As far as possible no
 * more of them compute than there are processors: the kernel gives a connection to the thread that has been blocked in
 * accept(2) for longest, so every thread beyond the processors costs context switches (measured on two processors: 16
 * threads answered 27,000 requests/s, 2 threads 34,000/s). Therefore a thread that rarely blocks (core/blocking.h) and finds
 * enough others computing or accepting for SURPLUS_CHECKS_MAX requests in a row goes to sleep. It is woken when the others
 * block and none is left to accept. Something that takes long without announcing that it blocks would leave connections
 * waiting; a timer looks every CHECK_INTERVAL_MS and wakes a sleeping thread when nobody has accepted since.
 */
#ifndef PARLEY_APP_HTTP_WORKER_POOL_H
#define PARLEY_APP_HTTP_WORKER_POOL_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "parley/core/err.h"
#include "parley/http/server.h"

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
    int stop_fd;         /* readable when nobody accepts any more; -1: the listening socket says so itself */
    int worker_count;    /* requests that run at once */
    int processor_count; /* threads that compute at once, as far as possible */
};

struct worker_pool {
    struct worker_pool_opts opts;
    pthread_t watch;
    atomic_bool stopping;
    pthread_mutex_t lock;   /* guards what follows */
    pthread_cond_t changed; /* a thread has left, or the pool is to stop */
    int counts[WORKER_STATE_COUNT];
    struct worker_slot
        *asleep;          /* a stack: the last to fall asleep is woken first, since its memory is still in the caches */
    int64_t accept_count; /* how often a thread has begun to accept */
};

/* One thread of a pool. */
struct worker_slot {
    struct worker_pool *pool;
    enum worker_state state;   /* guarded by the pool's lock, as are the two below */
    struct worker_slot *below; /* next in the stack of sleeping threads */
    pthread_cond_t called;     /* signalled when it is to wake */
    int surplus_count;         /* requests since it last blocked in which enough others were accepting or computing */
};

/* Starts the thread with the timer. ERR_NO_MEMORY: it could not be started. */
enum err worker_pool_init(struct worker_pool *pool, const struct worker_pool_opts *opts) MUST_CHECK;
/* After worker_pool_stop, when all threads have left. */
void worker_pool_destroy(struct worker_pool *pool);
/* enlist: before a thread is started. leave: when it ends, or could not be started. forget: when all have left. */
void worker_pool_enlist(struct worker_pool *pool, struct worker_slot *ret_slot);
void worker_pool_leave(struct worker_slot *slot);
void worker_pool_forget(struct worker_slot *slot);
/* Wakes every thread; none accepts from now on. */
void worker_pool_stop(struct worker_pool *pool);
/* Waits until all threads have left, at most max_s seconds. False: some have not. */
bool worker_pool_wait_gone(struct worker_pool *pool, int max_s);

/* Call before accepting; the thread may sleep in here. False: the pool stops. */
bool worker_pool_accept(struct worker_slot *slot);
/* Changes to RUNNING, BLOCKED or PARKED, and wakes another thread where that leaves none to accept. Never blocks. */
void worker_pool_set_state(struct worker_slot *slot, enum worker_state state);
/* As server_stats says. */
void worker_pool_stats(struct worker_pool *pool, struct server_stats *ret_stats);
/* Waits for so many milliseconds, or until the pool stops. */
void worker_pool_pause(struct worker_pool *pool, int ms);

#endif
