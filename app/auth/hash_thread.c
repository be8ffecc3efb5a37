#include "hash_thread.h"

#include <crypt.h>
#include <errno.h>
#include <sched.h>

#include "parley/core/clock.h"
#include "parley/core/secret.h"
#include "parley/core/thread.h"

/* A hash of the default cost takes 0.15 to 0.4 s of a processor; with half of one it is done within a second. */
enum { STACK_BYTES = 256 * 1024, STARVED_US = 500000, STARVED_DIVISOR = 2 };

/* state: 32 KiB that bcrypt works in. */
static enum err make(struct hash_thread *thread, struct crypt_data *state)
{
    const char *hash = crypt_r(thread->input.password, thread->input.setting, state);
    bool good = hash != NULL && hash[0] == '$' && strlen(hash) == PASSWORD_HASH_BYTES - 1;

    if (good)
        memcpy(thread->hash, hash, PASSWORD_HASH_BYTES);
    secret_wipe(state, sizeof(*state));
    secret_wipe(&thread->input, sizeof(thread->input));
    return good ? ERR_OK : ERR_INVALID;
}

static void wait_for_work(struct hash_thread *thread)
{
    while (sem_wait(&thread->given) != 0)
        continue; /* interrupted by a timer's signal of the pace that came late */
}

static void *run(void *arg)
{
    struct hash_thread *thread = arg;
    struct crypt_data state = { 0 };
    struct hash_pace pace;

    if (thread->kind == HASH_PACE_YIELDING)
        (void)pthread_setschedparam(pthread_self(), SCHED_IDLE, &(struct sched_param){ 0 });
    hash_pace_init(&pace, thread->kind, &thread->shared->wanted_until_us);
    for (;;) {
        wait_for_work(thread);
        if (atomic_load(&thread->is_ending))
            break;
        hash_pace_begin(&pace);
        thread->outcome = make(thread, &state);
        hash_pace_end(&pace);
        atomic_store(&thread->is_busy, false);
        (void)sem_post(&thread->shared->news);
    }
    hash_pace_release(&pace);
    return NULL;
}

enum err hash_thread_start(struct hash_thread *thread)
{
    enum err e;

    (void)sem_init(&thread->given, 0, 0);
    e = thread_start(STACK_BYTES, run, thread, &thread->id);
    if (e != ERR_OK)
        (void)sem_destroy(&thread->given);
    return e;
}

void hash_thread_join(struct hash_thread *thread)
{
    atomic_store(&thread->is_ending, true);
    (void)sem_post(&thread->given);
    (void)pthread_join(thread->id, NULL);
    (void)sem_destroy(&thread->given);
    secret_wipe(thread->hash, sizeof(thread->hash));
}

static int64_t cpu_us(const struct hash_thread *thread)
{
    struct timespec used = { .tv_sec = 0 };
    clockid_t clock;

    if (pthread_getcpuclockid(thread->id, &clock) == 0)
        (void)clock_gettime(clock, &used);
    return used.tv_sec * US_PER_S + used.tv_nsec / 1000;
}

void hash_thread_give(struct hash_thread *thread, const struct hash_input *input)
{
    thread->input = *input;
    thread->given_us = clock_monotonic_us();
    thread->given_cpu_us = cpu_us(thread);
    atomic_store(&thread->is_busy, true);
    (void)sem_post(&thread->given);
}

bool hash_thread_is_starved(const struct hash_thread *thread, int64_t now_us)
{
    int64_t since_us = now_us - thread->given_us;

    return atomic_load(&thread->is_busy) && since_us >= STARVED_US &&
           (cpu_us(thread) - thread->given_cpu_us) * STARVED_DIVISOR < since_us;
}
