#include "parley/auth/hasher.h"

#include <assert.h>
#include <pthread.h>

#include "hash_queue.h"
#include "hash_thread.h"
#include "parley/core/clock.h"
#include "parley/core/limits.h"
#include "parley/core/secret.h"
#include "parley/core/thread.h"

/* LOOK_US: while hashes are made, how often the manager checks whether one starves. */
enum { IDLE_MAX = 64, LOOK_US = 100000 };

/* A thread and the request whose hash it makes; NULL: nobody waits for it, or not any more. */
struct place {
    struct hash_thread thread;
    struct hash_request *request;
};

struct hasher {
    pthread_mutex_t lock; /* guards the queue, `ending` and the requests; never taken by a thread at SCHED_IDLE */
    struct hash_queue queue;
    bool ending;
    int64_t done_count, refused_count, gone_count, wait_us; /* as of struct hasher_stats; guarded by lock */
    struct hasher_hooks hooks;
    struct hash_thread_shared shared;
    /* Of the manager: */
    pthread_t manager;
    int idle_count;
    struct place idle[IDLE_MAX]; /* at SCHED_IDLE */
    struct place normal;         /* at normal priority, for a request whose hash starves at SCHED_IDLE */
};

static void finish(struct hash_request *request, enum err outcome)
{
    request->outcome = outcome;
    request->done = true;
    (void)pthread_cond_signal(&request->ready);
}

/* ---- the manager: gives out requests and hands back hashes; the lock is held but in its pauses ---- */

static bool is_free(const struct place *place)
{
    return place->request == NULL && !atomic_load(&place->thread.is_busy);
}

static void give(struct place *place, struct hash_request *request)
{
    place->request = request;
    hash_thread_give(&place->thread, &request->input);
}

/* From here on nobody makes its hash; one that is being made is thrown away. */
static void finish_given(struct hasher *hasher, struct hash_request *request, enum err outcome)
{
    for (int i = 0; i < hasher->idle_count; i++)
        if (hasher->idle[i].request == request)
            hasher->idle[i].request = NULL;
    if (hasher->normal.request == request)
        hasher->normal.request = NULL;
    finish(request, outcome);
}

static void collect(struct hasher *hasher, struct place *place)
{
    struct hash_request *request = place->request;

    if (atomic_load(&place->thread.is_busy))
        return;
    if (request != NULL) {
        memcpy(request->hash, place->thread.hash, sizeof(request->hash));
        finish_given(hasher, request, place->thread.outcome);
    }
    secret_wipe(place->thread.hash, sizeof(place->thread.hash));
}

static bool is_gone(const struct hasher *hasher, const struct hash_request *request)
{
    return hasher->hooks.is_gone != NULL && hasher->hooks.is_gone(request->waiter);
}

/* Looks at all that wait, not only the next: a client that has left must not hold a place in the full queue. */
static void drop_gone(struct hasher *hasher)
{
    int i = 0;

    while (i < hasher->queue.count) {
        if (is_gone(hasher, hasher->queue.requests[i]))
            finish(hash_queue_remove(&hasher->queue, i), ERR_CLIENT_GONE);
        else
            i++;
    }
}

/* The request that has starved for longest, or else the next of the queue, since where one starves all do. NULL: none does. */
static struct hash_request *find_starved(struct hasher *hasher)
{
    int64_t now_us = clock_monotonic_us();
    const struct place *oldest = NULL;
    bool is_any = false;

    for (int i = 0; i < hasher->idle_count; i++) {
        struct place *place = &hasher->idle[i];
        if (!hash_thread_is_starved(&place->thread, now_us))
            continue;
        is_any = true;
        if (place->request != NULL && is_gone(hasher, place->request))
            finish_given(hasher, place->request, ERR_CLIENT_GONE);
        if (place->request != NULL && (oldest == NULL || place->thread.given_us < oldest->thread.given_us))
            oldest = place;
    }
    if (oldest != NULL)
        return oldest->request;
    return is_any ? hash_queue_take(&hasher->queue) : NULL;
}

static void give_out(struct hasher *hasher)
{
    struct hash_request *request;

    for (int i = 0; i < hasher->idle_count; i++) {
        if (is_free(&hasher->idle[i]) && (request = hash_queue_take(&hasher->queue)) != NULL)
            give(&hasher->idle[i], request);
    }
    if (is_free(&hasher->normal) && (request = find_starved(hasher)) != NULL)
        give(&hasher->normal, request);
}

static bool is_any_given(const struct hasher *hasher)
{
    bool is_any = hasher->normal.request != NULL;

    for (int i = 0; i < hasher->idle_count; i++)
        is_any = is_any || hasher->idle[i].request != NULL;
    return is_any;
}

static void wait_for_news(struct hasher *hasher)
{
    struct timespec until;

    if (!is_any_given(hasher) && hasher->queue.count == 0 && !hasher->ending) {
        (void)pthread_mutex_unlock(&hasher->lock);
        (void)sem_wait(&hasher->shared.news);
    } else {
        (void)pthread_mutex_unlock(&hasher->lock);
        (void)clock_gettime(CLOCK_MONOTONIC, &until);
        until.tv_nsec += LOOK_US * 1000L;
        until.tv_sec += until.tv_nsec / 1000000000L;
        until.tv_nsec %= 1000000000L;
        (void)sem_clockwait(&hasher->shared.news, CLOCK_MONOTONIC, &until);
    }
    (void)pthread_mutex_lock(&hasher->lock);
}

static void *manage(void *arg)
{
    struct hasher *hasher = arg;

    (void)pthread_mutex_lock(&hasher->lock);
    while (!hasher->ending || is_any_given(hasher)) {
        wait_for_news(hasher);
        for (int i = 0; i < hasher->idle_count; i++)
            collect(hasher, &hasher->idle[i]);
        collect(hasher, &hasher->normal);
        drop_gone(hasher);
        give_out(hasher);
    }
    (void)pthread_mutex_unlock(&hasher->lock);
    return NULL;
}

/* ---- beginning and end ---- */

static bool start_thread(struct hasher *hasher, struct place *place, enum hash_pace_kind kind)
{
    place->thread.kind = kind;
    place->thread.shared = &hasher->shared;
    return hash_thread_start(&place->thread) == ERR_OK;
}

static void join_idle(struct hasher *hasher)
{
    while (hasher->idle_count > 0)
        hash_thread_join(&hasher->idle[--hasher->idle_count].thread);
}

/* At least one of each. */
static bool start_threads(struct hasher *hasher)
{
    int wanted_count = processor_count() < IDLE_MAX ? processor_count() : IDLE_MAX;

    while (hasher->idle_count < wanted_count &&
           start_thread(hasher, &hasher->idle[hasher->idle_count], HASH_PACE_YIELDING))
        hasher->idle_count++;
    if (hasher->idle_count == 0)
        return false;
    if (start_thread(hasher, &hasher->normal, HASH_PACE_LIMITED)) {
        if (thread_start(WATCH_STACK_BYTES, manage, hasher, &hasher->manager) == ERR_OK)
            return true;
        hash_thread_join(&hasher->normal.thread);
    }
    join_idle(hasher);
    return false;
}

static void release(struct hasher *hasher)
{
    (void)pthread_mutex_destroy(&hasher->lock);
    (void)sem_destroy(&hasher->shared.news);
    free(hasher);
}

struct hasher *hasher_new(const struct hasher_hooks *hooks)
{
    struct hasher *hasher = calloc(1, sizeof(*hasher));

    if (hasher == NULL)
        return NULL;
    if (hooks != NULL)
        hasher->hooks = *hooks;
    hash_pace_handle_signals();
    (void)pthread_mutex_init(&hasher->lock, NULL);
    (void)sem_init(&hasher->shared.news, 0, 0);
    if (start_threads(hasher))
        return hasher;
    release(hasher);
    return NULL;
}

void hasher_stop(struct hasher *hasher)
{
    struct hash_request *request;

    (void)pthread_mutex_lock(&hasher->lock);
    hasher->ending = true;
    while ((request = hash_queue_take(&hasher->queue)) != NULL)
        finish(request, ERR_BUSY);
    (void)pthread_mutex_unlock(&hasher->lock);
    (void)sem_post(&hasher->shared.news);
}

void hasher_free(struct hasher *hasher)
{
    if (hasher == NULL)
        return;
    hasher_stop(hasher);
    (void)pthread_join(hasher->manager, NULL);
    hash_thread_join(&hasher->normal.thread);
    join_idle(hasher);
    release(hasher);
}

/* ---- who wants a hash ---- */

static void count(struct hasher *hasher, int64_t began_us, enum err e)
{
    hasher->done_count += e == ERR_OK;
    hasher->refused_count += e == ERR_BUSY;
    hasher->gone_count += e == ERR_CLIENT_GONE;
    hasher->wait_us += clock_monotonic_us() - began_us;
}

void hasher_stats(struct hasher *hasher, struct hasher_stats *ret_stats)
{
    (void)pthread_mutex_lock(&hasher->lock);
    *ret_stats = (struct hasher_stats){
        .waiting_count = hasher->queue.count,
        .waiting_max = HASH_QUEUE_MAX,
        .thread_count = hasher->idle_count,
        .done_count = hasher->done_count,
        .refused_count = hasher->refused_count,
        .gone_count = hasher->gone_count,
        .wait_us = hasher->wait_us,
    };
    (void)pthread_mutex_unlock(&hasher->lock);
}

static enum err queue_up(struct hasher *hasher, struct hash_request *request)
{
    int64_t began_us = clock_monotonic_us();
    enum err e = ERR_BUSY;

    (void)pthread_mutex_lock(&hasher->lock);
    if (!hasher->ending) {
        struct hash_request *refused = hash_queue_add(&hasher->queue, request);
        if (refused != NULL)
            finish(refused, ERR_BUSY);
        (void)sem_post(&hasher->shared.news);
        while (!request->done)
            (void)pthread_cond_wait(&request->ready, &hasher->lock);
        e = request->outcome;
    }
    count(hasher, began_us, e);
    (void)pthread_mutex_unlock(&hasher->lock);
    return e;
}

enum err hasher_run(struct hasher *hasher, struct str password, struct str setting, struct str client,
                    char ret_hash[PASSWORD_HASH_BYTES])
{
    struct hash_request request = { .done = false };
    enum err e;

    assert(password.len <= PASSWORD_MAX_BYTES);
    if (setting.len >= sizeof(request.input.setting))
        return ERR_INVALID;
    memcpy(request.input.password, password.ptr, password.len);
    memcpy(request.input.setting, setting.ptr, setting.len);
    cidr_network(client, request.network);
    (void)pthread_cond_init(&request.ready, NULL);
    if (hasher->hooks.blocking_begin != NULL)
        request.waiter = hasher->hooks.blocking_begin();
    e = queue_up(hasher, &request);
    if (hasher->hooks.blocking_end != NULL)
        hasher->hooks.blocking_end();
    (void)pthread_cond_destroy(&request.ready);
    if (e == ERR_OK)
        memcpy(ret_hash, request.hash, PASSWORD_HASH_BYTES);
    secret_wipe(&request, sizeof(request));
    return e;
}
