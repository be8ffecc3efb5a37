#include "parley/auth/hasher.h"

#include <assert.h>
#include <crypt.h>
#include <pthread.h>
#include <sched.h>

#include "hash_pace.h"
#include "hash_queue.h"
#include "parley/core/clock.h"
#include "parley/core/limits.h"
#include "parley/core/secret.h"
#include "parley/core/thread.h"

/*
 * A hash that has been made for STARVED_US and had a processor for less than 1/STARVED_DIVISOR of it starves.
 * LOOK_US: how often that is looked for while hashes are made.
 */
enum { THREADS_MAX = 64, STACK_BYTES = 256 * 1024, STARVED_US = 500000, STARVED_DIVISOR = 2, LOOK_US = 100000 };

/* What one thread does; the hasher's lock guards all but the first two. */
struct hash_thread {
    struct hasher *hasher;
    pthread_t id;
    bool is_hashing;
    struct hash_request *request; /* whose hash it makes; NULL while it hashes: another thread was faster */
    int64_t began_us, began_cpu_us;
};

struct hasher {
    pthread_mutex_t lock; /* guards all below but what says otherwise */
    pthread_cond_t added; /* to the queue, or the threads are to end */
    pthread_cond_t began; /* an idle thread has begun a hash, or ends one while all are to end */
    struct hash_queue queue;
    bool ending;
    struct hasher_hooks hooks;       /* never changes */
    _Atomic int64_t wanted_until_us; /* atomic; hash_pace.h */
    struct hash_thread normal;       /* at normal priority: makes the hashes of those who starve, one at a time */
    bool has_normal;
    int idle_count;
    struct hash_thread idle[THREADS_MAX]; /* at SCHED_IDLE */
};

/* ---- what is done under the lock ---- */

static void finish(struct hash_request *request, enum err outcome)
{
    request->outcome = outcome;
    request->done = true;
    (void)pthread_cond_signal(&request->ready);
}

/* Nobody makes its hash from here on. */
static void finish_begun(struct hasher *hasher, struct hash_request *request, enum err outcome)
{
    for (int i = 0; i < hasher->idle_count; i++)
        if (hasher->idle[i].request == request)
            hasher->idle[i].request = NULL;
    if (hasher->normal.request == request)
        hasher->normal.request = NULL;
    finish(request, outcome);
}

static bool is_gone(const struct hasher *hasher, const struct hash_request *request)
{
    return hasher->hooks.is_gone != NULL && hasher->hooks.is_gone(request->waiter);
}

/* All of them, and not only the next: who has gone shall keep no place from somebody who has come. */
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

static int64_t cpu_us(clockid_t clock)
{
    struct timespec used = { .tv_sec = 0 };

    (void)clock_gettime(clock, &used);
    return used.tv_sec * US_PER_S + used.tv_nsec / 1000;
}

static bool is_starved(const struct hash_thread *thread, int64_t now_us)
{
    clockid_t clock;

    if (!thread->is_hashing || now_us - thread->began_us < STARVED_US || pthread_getcpuclockid(thread->id, &clock) != 0)
        return false;
    return (cpu_us(clock) - thread->began_cpu_us) * STARVED_DIVISOR < now_us - thread->began_us;
}

/* The one of those begun that has starved for longest, or else the next one: where one starves all would. NULL: nobody does. */
static struct hash_request *find_starved(struct hasher *hasher)
{
    int64_t now_us = clock_monotonic_us();
    const struct hash_thread *oldest = NULL;
    bool is_any = false;

    for (int i = 0; i < hasher->idle_count; i++) {
        struct hash_thread *thread = &hasher->idle[i];
        if (!is_starved(thread, now_us))
            continue;
        is_any = true;
        if (thread->request != NULL && is_gone(hasher, thread->request))
            finish_begun(hasher, thread->request, ERR_CLIENT_GONE);
        if (thread->request != NULL && (oldest == NULL || thread->began_us < oldest->began_us))
            oldest = thread;
    }
    if (oldest != NULL)
        return oldest->request;
    return is_any ? hash_queue_take(&hasher->queue) : NULL;
}

static bool is_any_hashing(const struct hasher *hasher)
{
    for (int i = 0; i < hasher->idle_count; i++)
        if (hasher->idle[i].is_hashing)
            return true;
    return false;
}

/* ---- threads ---- */

/* state: 32 KiB that bcrypt works in. */
static enum err make_hash(const struct hash_input *input, struct crypt_data *state, char ret_hash[PASSWORD_HASH_BYTES])
{
    const char *hash = crypt_r(input->password, input->setting, state);
    bool good = hash != NULL && hash[0] == '$' && strlen(hash) == PASSWORD_HASH_BYTES - 1;

    if (good)
        memcpy(ret_hash, hash, PASSWORD_HASH_BYTES);
    secret_wipe(state, sizeof(*state));
    return good ? ERR_OK : ERR_INVALID;
}

/* Makes a request's hash, unless another thread is faster: then it is thrown away. The lock is held before and after. */
static void serve(struct hash_thread *thread, struct hash_request *request, struct hash_pace *pace)
{
    struct hasher *hasher = thread->hasher;
    struct hash_input input = request->input; /* the request is gone when another thread has finished it */
    struct crypt_data state = { 0 };
    char hash[PASSWORD_HASH_BYTES];
    enum err e;

    thread->request = request;
    thread->is_hashing = true;
    thread->began_us = clock_monotonic_us();
    thread->began_cpu_us = cpu_us(CLOCK_THREAD_CPUTIME_ID);
    (void)pthread_cond_signal(&hasher->began);
    (void)pthread_mutex_unlock(&hasher->lock);
    hash_pace_begin(pace);
    e = make_hash(&input, &state, hash);
    hash_pace_end(pace);
    (void)pthread_mutex_lock(&hasher->lock);
    thread->is_hashing = false;
    if (thread->request != NULL) {
        if (e == ERR_OK)
            memcpy(request->hash, hash, sizeof(hash));
        finish_begun(hasher, request, e);
    }
    secret_wipe(&input, sizeof(input));
    secret_wipe(hash, sizeof(hash));
}

/* Waits for a request; NULL when the threads are to end. */
static struct hash_request *next(struct hasher *hasher)
{
    for (;;) {
        struct hash_request *request;
        drop_gone(hasher);
        request = hash_queue_take(&hasher->queue);
        if (request != NULL || hasher->ending)
            return request;
        (void)pthread_cond_wait(&hasher->added, &hasher->lock);
    }
}

static void *run_idle(void *arg)
{
    struct hash_thread *thread = arg;
    struct hasher *hasher = thread->hasher;
    struct hash_request *request;
    struct hash_pace pace;

    (void)pthread_setschedparam(pthread_self(), SCHED_IDLE, &(struct sched_param){ 0 });
    hash_pace_init(&pace, HASH_PACE_YIELDING, &hasher->wanted_until_us);
    (void)pthread_mutex_lock(&hasher->lock);
    while ((request = next(hasher)) != NULL)
        serve(thread, request, &pace);
    (void)pthread_cond_signal(&hasher->began);
    (void)pthread_mutex_unlock(&hasher->lock);
    hash_pace_release(&pace);
    return NULL;
}

static void wait_to_look(struct hasher *hasher)
{
    struct timespec until;

    (void)clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_nsec += LOOK_US * 1000L;
    until.tv_sec += until.tv_nsec / 1000000000L;
    until.tv_nsec %= 1000000000L;
    (void)pthread_cond_timedwait(&hasher->began, &hasher->lock, &until);
}

/* Waits until one starves; NULL when the threads are to end and nobody can starve any more. */
static struct hash_request *next_starved(struct hasher *hasher)
{
    for (;;) {
        struct hash_request *request;
        drop_gone(hasher);
        request = find_starved(hasher);
        if (request != NULL)
            return request;
        if (is_any_hashing(hasher))
            wait_to_look(hasher);
        else if (hasher->ending)
            return NULL;
        else
            (void)pthread_cond_wait(&hasher->began, &hasher->lock);
    }
}

/*
 * A thread of its own, since one that has gone to SCHED_IDLE needs CAP_SYS_NICE or RLIMIT_NICE to come back, which hardly
 * any server has. It begins a hash anew that another thread has already worked on.
 */
static void *run_normal(void *arg)
{
    struct hash_thread *thread = arg;
    struct hasher *hasher = thread->hasher;
    struct hash_request *request;
    struct hash_pace pace;

    hash_pace_init(&pace, HASH_PACE_LIMITED, &hasher->wanted_until_us);
    (void)pthread_mutex_lock(&hasher->lock);
    while ((request = next_starved(hasher)) != NULL)
        serve(thread, request, &pace);
    (void)pthread_mutex_unlock(&hasher->lock);
    hash_pace_release(&pace);
    return NULL;
}

/* ---- beginning and end ---- */

static bool start_thread(struct hasher *hasher, struct hash_thread *thread, void *(*run)(void *arg))
{
    thread->hasher = hasher;
    return thread_start(STACK_BYTES, run, thread, &thread->id) == ERR_OK;
}

/* One of normal priority at the end: it asks for the others by their ids. */
static bool start_threads(struct hasher *hasher)
{
    int wanted_count = processor_count() < THREADS_MAX ? processor_count() : THREADS_MAX;

    while (hasher->idle_count < wanted_count && start_thread(hasher, &hasher->idle[hasher->idle_count], run_idle))
        hasher->idle_count++;
    hasher->has_normal = hasher->idle_count > 0 && start_thread(hasher, &hasher->normal, run_normal);
    return hasher->has_normal;
}

static void init_conditions(struct hasher *hasher)
{
    pthread_condattr_t attributes;

    (void)pthread_mutex_init(&hasher->lock, NULL);
    (void)pthread_cond_init(&hasher->added, NULL);
    (void)pthread_condattr_init(&attributes);
    (void)pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    (void)pthread_cond_init(&hasher->began, &attributes);
    (void)pthread_condattr_destroy(&attributes);
}

struct hasher *hasher_new(const struct hasher_hooks *hooks)
{
    struct hasher *hasher = calloc(1, sizeof(*hasher));

    if (hasher == NULL)
        return NULL;
    if (hooks != NULL)
        hasher->hooks = *hooks;
    hash_pace_handle_signals();
    init_conditions(hasher);
    if (start_threads(hasher))
        return hasher;
    hasher_free(hasher);
    return NULL;
}

void hasher_stop(struct hasher *hasher)
{
    struct hash_request *request;

    (void)pthread_mutex_lock(&hasher->lock);
    hasher->ending = true;
    while ((request = hash_queue_take(&hasher->queue)) != NULL)
        finish(request, ERR_BUSY);
    (void)pthread_cond_broadcast(&hasher->added);
    (void)pthread_cond_signal(&hasher->began);
    (void)pthread_mutex_unlock(&hasher->lock);
}

void hasher_free(struct hasher *hasher)
{
    if (hasher == NULL)
        return;
    hasher_stop(hasher);
    for (int i = 0; i < hasher->idle_count; i++)
        (void)pthread_join(hasher->idle[i].id, NULL);
    if (hasher->has_normal)
        (void)pthread_join(hasher->normal.id, NULL);
    (void)pthread_cond_destroy(&hasher->added);
    (void)pthread_cond_destroy(&hasher->began);
    (void)pthread_mutex_destroy(&hasher->lock);
    free(hasher);
}

/* ---- who wants a hash ---- */

static enum err queue_up(struct hasher *hasher, struct hash_request *request)
{
    enum err e = ERR_BUSY;

    (void)pthread_mutex_lock(&hasher->lock);
    if (!hasher->ending) {
        struct hash_request *refused = hash_queue_add(&hasher->queue, request);
        if (refused != NULL)
            finish(refused, ERR_BUSY);
        (void)pthread_cond_signal(&hasher->added);
        while (!request->done)
            (void)pthread_cond_wait(&request->ready, &hasher->lock);
        e = request->outcome;
    }
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
    if (hasher->hooks.wait_begin != NULL)
        request.waiter = hasher->hooks.wait_begin();
    e = queue_up(hasher, &request);
    if (hasher->hooks.wait_end != NULL)
        hasher->hooks.wait_end();
    (void)pthread_cond_destroy(&request.ready);
    if (e == ERR_OK)
        memcpy(ret_hash, request.hash, PASSWORD_HASH_BYTES);
    secret_wipe(&request, sizeof(request));
    return e;
}
