#include "hash_pace.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/select.h>
#include <unistd.h>

#include "parley/core/clock.h"

/*
 * Measured by `./dev bench p6` and `./dev bench signin`: TODO
 */
enum { TICK_US = 500, YIELD_US = 50, WANTED_US = 20000, LIMIT_DIVISOR = 2, LIMIT_PAUSE_MAX_US = 2000 };

#define PACE_SIGNAL SIGRTMIN
#ifndef sigev_notify_thread_id /* timer_create(2) names it, glibc does not yet */
#define sigev_notify_thread_id _sigev_un._tid
#endif

static _Thread_local struct hash_pace *own;

static int64_t thread_cpu_us(void)
{
    struct timespec used;

    (void)clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used);
    return used.tv_sec * US_PER_S + used.tv_nsec / 1000;
}

static struct hash_pace_seen look(void)
{
    struct rusage usage = { .ru_nivcsw = 0 };

    (void)getrusage(RUSAGE_THREAD, &usage);
    return (struct hash_pace_seen){ clock_monotonic_us(), thread_cpu_us(), usage.ru_nivcsw };
}

static int64_t yielding_pause_us(struct hash_pace *pace, const struct hash_pace_seen *seen)
{
    if (seen->interrupted_count != pace->interrupted_count) {
        pace->interrupted_count = seen->interrupted_count;
        atomic_store(pace->wanted_until_us, seen->now_us + WANTED_US);
    }
    return seen->now_us < atomic_load(pace->wanted_until_us) ? YIELD_US : 0;
}

/* Until its share of the time since the hash began has come up to what it has used. */
static int64_t limited_pause_us(const struct hash_pace *pace, const struct hash_pace_seen *seen)
{
    int64_t ahead_us = (seen->cpu_us - pace->began_cpu_us) * LIMIT_DIVISOR - (seen->now_us - pace->began_us);

    if (ahead_us <= 0)
        return 0;
    return ahead_us < LIMIT_PAUSE_MAX_US ? ahead_us : LIMIT_PAUSE_MAX_US;
}

int64_t hash_pace_pause_us(struct hash_pace *pace, const struct hash_pace_seen *seen)
{
    return pace->kind == HASH_PACE_YIELDING ? yielding_pause_us(pace, seen) : limited_pause_us(pace, seen);
}

static void on_tick(int number)
{
    int error = errno;
    struct hash_pace_seen seen = look();
    int64_t pause_us = own == NULL ? 0 : hash_pace_pause_us(own, &seen);

    (void)number;
    if (pause_us > 0)
        (void)pselect(0, NULL, NULL, NULL, &(struct timespec){ .tv_nsec = pause_us * 1000 }, NULL);
    errno = error;
}

void hash_pace_handle_signals(void)
{
    (void)sigaction(PACE_SIGNAL, &(struct sigaction){ .sa_handler = on_tick, .sa_flags = SA_RESTART }, NULL);
}

void hash_pace_init(struct hash_pace *pace, enum hash_pace_kind kind, _Atomic int64_t *wanted_until_us)
{
    struct sigevent event = { .sigev_notify = SIGEV_THREAD_ID, .sigev_signo = PACE_SIGNAL };
    sigset_t signals;

    *pace = (struct hash_pace){ .kind = kind, .wanted_until_us = wanted_until_us };
    own = pace;
    event.sigev_notify_thread_id = gettid();
    (void)sigemptyset(&signals);
    (void)sigaddset(&signals, PACE_SIGNAL);
    pace->has_timer = pthread_sigmask(SIG_UNBLOCK, &signals, NULL) == 0 &&
                      timer_create(CLOCK_MONOTONIC, &event, &pace->timer) == 0;
}

void hash_pace_release(struct hash_pace *pace)
{
    if (pace->has_timer)
        (void)timer_delete(pace->timer);
    own = NULL;
}

static void tick_every(const struct hash_pace *pace, long us)
{
    struct timespec every = { .tv_nsec = us * 1000 };

    if (pace->has_timer)
        (void)timer_settime(pace->timer, 0, &(struct itimerspec){ .it_interval = every, .it_value = every }, NULL);
}

void hash_pace_begin(struct hash_pace *pace)
{
    struct hash_pace_seen seen = look();

    pace->began_us = seen.now_us;
    pace->began_cpu_us = seen.cpu_us;
    pace->interrupted_count = seen.interrupted_count;
    tick_every(pace, TICK_US);
}

void hash_pace_end(struct hash_pace *pace)
{
    tick_every(pace, 0);
}
