#include "parley/auth/hasher.h"

#include <assert.h>
#include <crypt.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <unistd.h>

#include "parley/core/limits.h"
#include "parley/core/secret.h"

enum { THREADS_MAX = 64, STACK_BYTES = 256 * 1024 };

/* One password on its way; it lies on the stack of the thread that waits for it. */
struct work {
    char password[PASSWORD_MAX_BYTES + 1];
    char setting[PASSWORD_HASH_BYTES];
    char hash[PASSWORD_HASH_BYTES]; /* "" when the setting was refused */
    bool done, refused;
    pthread_cond_t ready;
};

struct hasher {
    pthread_mutex_t lock; /* guards all below but the threads */
    pthread_cond_t filled;
    struct work *queue[HASH_QUEUE_MAX]; /* a ring */
    int first;
    int waiting_count;
    bool ending;
    void (*wait_begin)(void);
    void (*wait_end)(void);
    int thread_count;
    pthread_t threads[THREADS_MAX];
};

/* The next one in the queue; NULL when the threads are to end. The lock is held. */
static struct work *take(struct hasher *hasher)
{
    struct work *work;

    while (hasher->waiting_count == 0 && !hasher->ending)
        (void)pthread_cond_wait(&hasher->filled, &hasher->lock);
    if (hasher->waiting_count == 0)
        return NULL;
    work = hasher->queue[hasher->first];
    hasher->first = (hasher->first + 1) % HASH_QUEUE_MAX;
    hasher->waiting_count--;
    return work;
}

/* state: 32 KiB that bcrypt works in. */
static void hash_one(struct work *work, struct crypt_data *state)
{
    const char *hash = crypt_r(work->password, work->setting, state);

    work->hash[0] = '\0';
    if (hash != NULL && hash[0] == '$' && strlen(hash) == PASSWORD_HASH_BYTES - 1)
        memcpy(work->hash, hash, PASSWORD_HASH_BYTES);
    secret_wipe(state, sizeof(*state));
}

static void *run_thread(void *arg)
{
    struct hasher *hasher = arg;
    struct crypt_data *state = calloc(1, sizeof(*state));
    struct work *work;

    (void)pthread_setschedparam(pthread_self(), SCHED_IDLE, &(struct sched_param){ 0 });
    (void)pthread_mutex_lock(&hasher->lock);
    while ((work = take(hasher)) != NULL) {
        (void)pthread_mutex_unlock(&hasher->lock);
        if (state != NULL)
            hash_one(work, state);
        (void)pthread_mutex_lock(&hasher->lock);
        work->done = true;
        (void)pthread_cond_signal(&work->ready);
    }
    (void)pthread_mutex_unlock(&hasher->lock);
    free(state);
    return NULL;
}

/* One processor is left to everything else. */
static int wanted_threads(void)
{
    cpu_set_t set;
    int count = 1;

    if (sched_getaffinity(0, sizeof(set), &set) == 0)
        count = CPU_COUNT(&set) - 1;
    if (count < 1)
        return 1;
    return count < THREADS_MAX ? count : THREADS_MAX;
}

static void start_threads(struct hasher *hasher, int wanted_count)
{
    pthread_attr_t attr;

    if (pthread_attr_init(&attr) != 0)
        return;
    (void)pthread_attr_setstacksize(&attr, STACK_BYTES);
    while (hasher->thread_count < wanted_count &&
           pthread_create(&hasher->threads[hasher->thread_count], &attr, run_thread, hasher) == 0)
        hasher->thread_count++;
    (void)pthread_attr_destroy(&attr);
}

struct hasher *hasher_new(void (*wait_begin)(void), void (*wait_end)(void))
{
    struct hasher *hasher = calloc(1, sizeof(*hasher));

    if (hasher == NULL)
        return NULL;
    hasher->wait_begin = wait_begin;
    hasher->wait_end = wait_end;
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
    while (hasher->waiting_count > 0 && (work = take(hasher)) != NULL) {
        work->done = work->refused = true;
        (void)pthread_cond_signal(&work->ready);
    }
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
        hasher->queue[(hasher->first + hasher->waiting_count) % HASH_QUEUE_MAX] = work;
        hasher->waiting_count++;
        (void)pthread_cond_signal(&hasher->filled);
        while (!work->done)
            (void)pthread_cond_wait(&work->ready, &hasher->lock);
        if (!work->refused)
            e = work->hash[0] == '\0' ? ERR_INVALID : ERR_OK;
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
    if (hasher->wait_begin != NULL)
        hasher->wait_begin();
    e = queue_up(hasher, &work);
    if (hasher->wait_end != NULL)
        hasher->wait_end();
    (void)pthread_cond_destroy(&work.ready);
    if (e == ERR_OK)
        memcpy(ret_hash, work.hash, PASSWORD_HASH_BYTES);
    secret_wipe(&work, sizeof(work));
    return e;
}
