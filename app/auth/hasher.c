#include "parley/auth/hasher.h"

#include <assert.h>
#include <crypt.h>
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <sys/select.h>
#include <unistd.h>

#include "parley/core/limits.h"
#include "parley/core/secret.h"
#include "parley/core/thread.h"

enum { THREADS_MAX = 64, STACK_BYTES = 256 * 1024, WAY_EVERY_US = 500, WAY_US = 50 };

#define WAY_SIGNAL SIGRTMIN
#ifndef sigev_notify_thread_id /* timer_create(2) names it, glibc does not yet */
#define sigev_notify_thread_id _sigev_un._tid
#endif

/* One password on its way; it lies on the stack of the thread that waits for it. */
struct work {
    char password[PASSWORD_MAX_BYTES + 1];
    char setting[PASSWORD_HASH_BYTES];
    char hash[PASSWORD_HASH_BYTES];
    void *waiter;     /* what hooks.blocking_begin gave */
    bool done;        /* and with what… */
    enum err outcome; /* …ERR_OK: there is a hash */
    pthread_cond_t ready;
};

struct hasher {
    pthread_mutex_t lock; /* guards all below but the threads */
    pthread_cond_t filled;
    struct work *queue[HASH_QUEUE_MAX]; /* a ring */
    int first;
    int waiting_count;
    bool ending;
    struct hasher_hooks hooks;
    int thread_count;
    pthread_t threads[THREADS_MAX];
};

/* The first one in the queue, taken out of it; NULL when it is empty. The lock is held, as for all that follows here. */
static struct work *take(struct hasher *hasher)
{
    struct work *work;

    if (hasher->waiting_count == 0)
        return NULL;
    work = hasher->queue[hasher->first];
    hasher->first = (hasher->first + 1) % HASH_QUEUE_MAX;
    hasher->waiting_count--;
    return work;
}

static void put(struct hasher *hasher, struct work *work)
{
    hasher->queue[(hasher->first + hasher->waiting_count) % HASH_QUEUE_MAX] = work;
    hasher->waiting_count++;
}

static void finish(struct work *work, enum err outcome)
{
    work->outcome = outcome;
    work->done = true;
    (void)pthread_cond_signal(&work->ready);
}

/* All of them, and not only the next: who has gone shall keep no place from somebody who has come. */
static void drop_gone(struct hasher *hasher)
{
    for (int left = hasher->waiting_count; left > 0; left--) {
        struct work *work = take(hasher);
        if (hasher->hooks.is_gone != NULL && hasher->hooks.is_gone(work->waiter))
            finish(work, ERR_CLIENT_GONE);
        else
            put(hasher, work);
    }
}

/* Waits for work; NULL when the threads are to end. */
static struct work *next(struct hasher *hasher)
{
    for (;;) {
        struct work *work;
        drop_gone(hasher);
        work = take(hasher);
        if (work != NULL || hasher->ending)
            return work;
        (void)pthread_cond_wait(&hasher->filled, &hasher->lock);
    }
}

/* state: 32 KiB that bcrypt works in. */
static enum err hash_one(struct work *work, struct crypt_data *state)
{
    const char *hash = crypt_r(work->password, work->setting, state);
    bool good = hash != NULL && hash[0] == '$' && strlen(hash) == PASSWORD_HASH_BYTES - 1;

    if (good)
        memcpy(work->hash, hash, PASSWORD_HASH_BYTES);
    secret_wipe(state, sizeof(*state));
    return good ? ERR_OK : ERR_INVALID;
}

/*
 * SCHED_IDLE yields to whoever wakes on the thread's own processor. That is not all: a processor that hashes is never idle,
 * so it fetches nothing that waits on the other ones; and where the kernel shares by session or service (autogroup, cgroups)
 * an idle thread that is alone in its group has the group's whole share. So a hash sleeps for a moment now and then, which
 * sets its processor free. Measured by `./dev bench p6`: reads' p99 beside a hammer falls from 6 times that of
 * reads alone to 2 or 3 times, and a hash takes a quarter longer.
 */
static void give_way(int number)
{
    int error = errno;

    (void)number;
    (void)pselect(0, NULL, NULL, NULL, &(struct timespec){ .tv_nsec = WAY_US * 1000 }, NULL);
    errno = error;
}

/* The calling thread's timer, not running yet. Without one (no memory in the kernel) it hashes without giving way. */
static bool way_timer(timer_t *ret_timer)
{
    struct sigevent event = { .sigev_notify = SIGEV_THREAD_ID, .sigev_signo = WAY_SIGNAL };
    sigset_t signals;

    event.sigev_notify_thread_id = gettid();
    sigemptyset(&signals);
    sigaddset(&signals, WAY_SIGNAL);
    return pthread_sigmask(SIG_UNBLOCK, &signals, NULL) == 0 && timer_create(CLOCK_MONOTONIC, &event, ret_timer) == 0;
}

static void way_set(timer_t timer, long every_us)
{
    struct timespec every = { .tv_nsec = every_us * 1000 };

    (void)timer_settime(timer, 0, &(struct itimerspec){ .it_interval = every, .it_value = every }, NULL);
}

static void *run_thread(void *arg)
{
    struct hasher *hasher = arg;
    struct crypt_data state = { 0 };
    struct work *work;
    timer_t timer;
    bool timed = way_timer(&timer);

    (void)pthread_setschedparam(pthread_self(), SCHED_IDLE, &(struct sched_param){ 0 });
    (void)pthread_mutex_lock(&hasher->lock);
    while ((work = next(hasher)) != NULL) {
        enum err e;
        (void)pthread_mutex_unlock(&hasher->lock);
        if (timed)
            way_set(timer, WAY_EVERY_US);
        e = hash_one(work, &state);
        if (timed)
            way_set(timer, 0);
        (void)pthread_mutex_lock(&hasher->lock);
        finish(work, e);
    }
    (void)pthread_mutex_unlock(&hasher->lock);
    if (timed)
        (void)timer_delete(timer);
    return NULL;
}

/* One processor is left to everything else. */
static int wanted_threads(void)
{
    int count = processor_count() - 1;

    if (count < 1)
        return 1;
    return count < THREADS_MAX ? count : THREADS_MAX;
}

static void start_threads(struct hasher *hasher, int wanted_count)
{
    while (hasher->thread_count < wanted_count &&
           thread_start(STACK_BYTES, run_thread, hasher, &hasher->threads[hasher->thread_count]) == ERR_OK)
        hasher->thread_count++;
}

struct hasher *hasher_new(const struct hasher_hooks *hooks)
{
    struct hasher *hasher = calloc(1, sizeof(*hasher));

    if (hasher == NULL)
        return NULL;
    if (hooks != NULL)
        hasher->hooks = *hooks;
    (void)sigaction(WAY_SIGNAL, &(struct sigaction){ .sa_handler = give_way, .sa_flags = SA_RESTART }, NULL);
    (void)pthread_mutex_init(&hasher->lock, NULL);
    (void)pthread_cond_init(&hasher->filled, NULL);
    start_threads(hasher, wanted_threads());
    if (hasher->thread_count > 0)
        return hasher;
    hasher_free(hasher);
    return NULL;
}

void hasher_stop(struct hasher *hasher)
{
    struct work *work;

    (void)pthread_mutex_lock(&hasher->lock);
    hasher->ending = true;
    while ((work = take(hasher)) != NULL)
        finish(work, ERR_BUSY);
    (void)pthread_cond_broadcast(&hasher->filled);
    (void)pthread_mutex_unlock(&hasher->lock);
}

void hasher_free(struct hasher *hasher)
{
    if (hasher == NULL)
        return;
    hasher_stop(hasher);
    for (int i = 0; i < hasher->thread_count; i++)
        (void)pthread_join(hasher->threads[i], NULL);
    (void)pthread_cond_destroy(&hasher->filled);
    (void)pthread_mutex_destroy(&hasher->lock);
    free(hasher);
}

static enum err queue_up(struct hasher *hasher, struct work *work)
{
    enum err e = ERR_BUSY;

    (void)pthread_mutex_lock(&hasher->lock);
    if (hasher->waiting_count < HASH_QUEUE_MAX && !hasher->ending) {
        put(hasher, work);
        (void)pthread_cond_signal(&hasher->filled);
        while (!work->done)
            (void)pthread_cond_wait(&work->ready, &hasher->lock);
        e = work->outcome;
    }
    (void)pthread_mutex_unlock(&hasher->lock);
    return e;
}

enum err hasher_run(struct hasher *hasher, struct str password, struct str setting, char ret_hash[PASSWORD_HASH_BYTES])
{
    struct work work = { .done = false };
    enum err e;

    assert(password.len <= PASSWORD_MAX_BYTES);
    if (setting.len >= sizeof(work.setting))
        return ERR_INVALID;
    memcpy(work.password, password.ptr, password.len);
    memcpy(work.setting, setting.ptr, setting.len);
    (void)pthread_cond_init(&work.ready, NULL);
    if (hasher->hooks.blocking_begin != NULL)
        work.waiter = hasher->hooks.blocking_begin();
    e = queue_up(hasher, &work);
    if (hasher->hooks.blocking_end != NULL)
        hasher->hooks.blocking_end();
    (void)pthread_cond_destroy(&work.ready);
    if (e == ERR_OK)
        memcpy(ret_hash, work.hash, PASSWORD_HASH_BYTES);
    secret_wipe(&work, sizeof(work));
    return e;
}
