#include "worker_pool.h"

#include <poll.h>
#include <time.h>

#include "parley/core/limits.h"
#include "parley/core/thread.h"

/*
 * Being surplus for so many requests costs in context switches about as much as sleeping and being woken once. A connection
 * waits at most CHECK_INTERVAL_MS where every thread blocks without announcing it.
 */
enum { SURPLUS_CHECKS_MAX = 5, CHECK_INTERVAL_MS = 100 };

/* ---- under the lock ---- */

static bool is_full(const struct worker_pool *pool)
{
    return pool->counts[WORKER_ACCEPTING] + pool->counts[WORKER_RUNNING] + pool->counts[WORKER_BLOCKED] >=
           pool->opts.worker_count;
}

/* Are there as many threads accepting or computing as processors? */
static bool is_saturated(const struct worker_pool *pool)
{
    return pool->counts[WORKER_ACCEPTING] + pool->counts[WORKER_RUNNING] >= pool->opts.processor_count;
}

static int present_count(const struct worker_pool *pool)
{
    int count = 0;

    for (int i = 0; i < WORKER_STATE_COUNT; i++)
        count += pool->counts[i];
    return count;
}

static void set_state(struct worker_slot *slot, enum worker_state state)
{
    slot->pool->counts[slot->state]--;
    slot->pool->counts[state]++;
    slot->state = state;
}

/* Whether the thread should sleep. It counts as sleeping while this is decided. */
static bool is_surplus(struct worker_slot *slot)
{
    if (is_full(slot->pool))
        return true;
    if (is_saturated(slot->pool))
        return ++slot->surplus_count > SURPLUS_CHECKS_MAX;
    slot->surplus_count = 0;
    return false;
}

static bool is_somebody_wanted(const struct worker_pool *pool)
{
    return pool->counts[WORKER_ACCEPTING] == 0 && !is_saturated(pool) && !is_full(pool);
}

static void go_and_accept(struct worker_slot *slot)
{
    set_state(slot, WORKER_ACCEPTING);
    slot->pool->accept_count++;
}

/* Takes the top of the stack of sleeping threads; NULL: none sleeps. The caller signals `called`. */
static struct worker_slot *call(struct worker_pool *pool)
{
    struct worker_slot *slot = pool->asleep;

    if (slot == NULL || atomic_load(&pool->stopping))
        return NULL;
    pool->asleep = slot->below;
    go_and_accept(slot);
    return slot;
}

static void sleep_until_called(struct worker_slot *slot)
{
    struct worker_pool *pool = slot->pool;

    slot->below = pool->asleep;
    pool->asleep = slot;
    while (slot->state == WORKER_SLEEPING && !atomic_load(&pool->stopping))
        pthread_cond_wait(&slot->called, &pool->lock);
    slot->surplus_count = 0;
}

/* For pthread_cond_timedwait; the lock need not be held. */
static struct timespec time_after(int64_t ms)
{
    struct timespec until;

    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += ms / 1000;
    until.tv_nsec += ms % 1000 * 1000000L;
    if (until.tv_nsec >= 1000000000L) {
        until.tv_nsec -= 1000000000L;
        until.tv_sec++;
    }
    return until;
}

/* ---- what the threads do ---- */

void worker_pool_enlist(struct worker_pool *pool, struct worker_slot *ret_slot)
{
    *ret_slot = (struct worker_slot){ .pool = pool, .state = WORKER_SLEEPING, .surplus_count = SURPLUS_CHECKS_MAX };
    pthread_cond_init(&ret_slot->called, NULL);
    pthread_mutex_lock(&pool->lock);
    pool->counts[WORKER_SLEEPING]++;
    pthread_mutex_unlock(&pool->lock);
}

void worker_pool_leave(struct worker_slot *slot)
{
    struct worker_pool *pool = slot->pool;

    pthread_mutex_lock(&pool->lock);
    pool->counts[slot->state]--;
    pthread_cond_broadcast(&pool->changed);
    pthread_mutex_unlock(&pool->lock);
}

/* Only after all others have left: one of them may be signalling `called` right now. */
void worker_pool_forget(struct worker_slot *slot)
{
    pthread_cond_destroy(&slot->called);
}

bool worker_pool_accept(struct worker_slot *slot)
{
    struct worker_pool *pool = slot->pool;

    pthread_mutex_lock(&pool->lock);
    set_state(slot, WORKER_SLEEPING);
    if (is_surplus(slot))
        sleep_until_called(slot);
    else
        go_and_accept(slot);
    pthread_mutex_unlock(&pool->lock);
    return !atomic_load(&pool->stopping);
}

void worker_pool_set_state(struct worker_slot *slot, enum worker_state state)
{
    struct worker_pool *pool = slot->pool;
    struct worker_slot *called = NULL;

    if (state != WORKER_RUNNING)
        slot->surplus_count = 0;
    pthread_mutex_lock(&pool->lock);
    set_state(slot, state);
    if (is_somebody_wanted(pool))
        called = call(pool);
    pthread_mutex_unlock(&pool->lock);
    if (called != NULL)
        pthread_cond_signal(&called->called);
}

void worker_pool_pause(struct worker_pool *pool, int ms)
{
    struct timespec until = time_after(ms);

    pthread_mutex_lock(&pool->lock);
    if (!atomic_load(&pool->stopping))
        pthread_cond_timedwait(&pool->changed, &pool->lock, &until);
    pthread_mutex_unlock(&pool->lock);
}

void worker_pool_stats(struct worker_pool *pool, struct server_stats *ret_stats)
{
    pthread_mutex_lock(&pool->lock);
    *ret_stats = (struct server_stats){
        .sleeping_count = pool->counts[WORKER_SLEEPING],
        .accepting_count = pool->counts[WORKER_ACCEPTING],
        .running_count = pool->counts[WORKER_RUNNING],
        .blocked_count = pool->counts[WORKER_BLOCKED],
        .yielding_count = pool->counts[WORKER_PARKED],
        .busy_max = pool->opts.worker_count,
    };
    pthread_mutex_unlock(&pool->lock);
}

/* ---- the watch ---- */

/* True when `changed` was signalled: a thread has left or the pool stops. */
static bool watch_pause(struct worker_pool *pool)
{
    struct timespec until = time_after(CHECK_INTERVAL_MS);

    return pthread_cond_timedwait(&pool->changed, &pool->lock, &until) == 0;
}

static bool somebody_waits_outside(const struct worker_pool *pool)
{
    struct pollfd polled = { .fd = pool->opts.listen_fd, .events = POLLIN };

    return poll(&polled, 1, 0) > 0;
}

static void *watch(void *arg)
{
    struct worker_pool *pool = arg;

    pthread_mutex_lock(&pool->lock);
    while (!atomic_load(&pool->stopping)) {
        int64_t seen_count = pool->accept_count;
        struct worker_slot *called;
        if (watch_pause(pool) || pool->accept_count != seen_count || is_full(pool) || !somebody_waits_outside(pool))
            continue;
        called = call(pool);
        if (called != NULL)
            pthread_cond_signal(&called->called);
    }
    pthread_mutex_unlock(&pool->lock);
    return NULL;
}

/* ---- beginning and end ---- */

static void release(struct worker_pool *pool)
{
    pthread_mutex_destroy(&pool->lock);
    pthread_cond_destroy(&pool->changed);
}

enum err worker_pool_init(struct worker_pool *pool, const struct worker_pool_opts *opts)
{
    pthread_condattr_t attributes;
    enum err e;

    *pool = (struct worker_pool){ .opts = *opts };
    pthread_mutex_init(&pool->lock, NULL);
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&pool->changed, &attributes);
    pthread_condattr_destroy(&attributes);
    e = thread_start(WATCH_STACK_BYTES, watch, pool, &pool->watch);
    if (e != ERR_OK)
        release(pool);
    return e;
}

void worker_pool_stop(struct worker_pool *pool)
{
    pthread_mutex_lock(&pool->lock);
    atomic_store(&pool->stopping, true);
    pthread_cond_broadcast(&pool->changed);
    for (struct worker_slot *slot = pool->asleep; slot != NULL; slot = slot->below)
        pthread_cond_signal(&slot->called);
    pthread_mutex_unlock(&pool->lock);
}

bool worker_pool_wait_gone(struct worker_pool *pool, int max_s)
{
    struct timespec until = time_after(max_s * 1000L);
    int waited = 0;
    int left;

    pthread_mutex_lock(&pool->lock);
    while ((left = present_count(pool)) > 0 && waited == 0)
        waited = pthread_cond_timedwait(&pool->changed, &pool->lock, &until);
    pthread_mutex_unlock(&pool->lock);
    return left == 0;
}

void worker_pool_destroy(struct worker_pool *pool)
{
    pthread_join(pool->watch, NULL);
    release(pool);
}
