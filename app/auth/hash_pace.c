#include "hash_pace.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/select.h>
#include <unistd.h>

#include "parley/core/clock.h"

/* A look costs up to 30 us (on a virtual machine): each half millisecond that slowed hashes by 7 in a hundred. */
enum { TICK_US = 500, QUIET_TICK_US = 5000, YIELD_US = 50, WANTED_US = 20000, PAUSE_MAX_US = 2000 };
/* Who was woken LATE_US after the time leaves the processor to others again; at the end it has to move on. */
enum { LATE_US = 450, LATE_COUNT_MAX = 16 };
/*
 * At normal priority a hash has a half of a processor, which is enough for a sign-in behind other programs. While this
 * process itself is busy (for more than 1/BUSY_DIVISOR of a processor) it has a quarter: with a half, `./dev bench p6` came
 * close to its limit.
 */
enum { SHARE_DIVISOR = 2, BUSY_DIVISOR = 4, BUSY_SHARE_DIVISOR = 4 };

#define PACE_SIGNAL SIGRTMIN
#ifndef sigev_notify_thread_id /* timer_create(2) names it, glibc does not yet */
#define sigev_notify_thread_id _sigev_un._tid
#endif

static _Thread_local struct hash_pace *own;

static int64_t read_clock(clockid_t clock)
{
    struct timespec time;

    (void)clock_gettime(clock, &time);
    return time.tv_sec * US_PER_S + time.tv_nsec / 1000;
}

static struct hash_pace_seen look(enum hash_pace_kind kind)
{
    struct hash_pace_seen seen = { .now_us = clock_monotonic_us() };
    struct rusage usage = { .ru_nivcsw = 0 };

    if (kind == HASH_PACE_LIMITED) {
        seen.own_cpu_us = read_clock(CLOCK_THREAD_CPUTIME_ID);
        seen.process_cpu_us = read_clock(CLOCK_PROCESS_CPUTIME_ID);
        return seen;
    }
    (void)getrusage(RUSAGE_THREAD, &usage);
    seen.interrupted_count = usage.ru_nivcsw;
    return seen;
}

/* Work that comes and goes within one tick (a request that signs in, the kernel's own) is not worth a pause. */
static int64_t yielding_pause_us(struct hash_pace *pace, const struct hash_pace_seen *seen)
{
    bool is_interrupted = seen->interrupted_count != pace->seen.interrupted_count;
    bool is_wanted = seen->now_us < atomic_load(pace->wanted_until_us);

    if (is_interrupted && (is_wanted || pace->was_interrupted)) {
        atomic_store(pace->wanted_until_us, seen->now_us + WANTED_US);
        is_wanted = true;
    }
    pace->was_interrupted = is_interrupted;
    pace->seen.interrupted_count = seen->interrupted_count;
    return is_wanted ? YIELD_US : 0;
}

/* Until what it has used is no more than its share of the time since the hash began. */
static int64_t limited_pause_us(const struct hash_pace *pace, const struct hash_pace_seen *seen)
{
    int64_t since_us = seen->now_us - pace->seen.now_us;
    int64_t own_us = seen->own_cpu_us - pace->seen.own_cpu_us;
    int64_t others_us = seen->process_cpu_us - pace->seen.process_cpu_us - own_us;
    int64_t divisor = others_us * BUSY_DIVISOR > since_us ? BUSY_SHARE_DIVISOR : SHARE_DIVISOR;
    int64_t ahead_us = own_us * divisor - since_us;

    if (ahead_us <= 0)
        return 0;
    return ahead_us < PAUSE_MAX_US ? ahead_us : PAUSE_MAX_US;
}

int64_t hash_pace_pause_us(struct hash_pace *pace, const struct hash_pace_seen *seen)
{
    return pace->kind == HASH_PACE_YIELDING ? yielding_pause_us(pace, seen) : limited_pause_us(pace, seen);
}

static void set_timer(const struct hash_pace *pace, long us)
{
    if (pace->has_timer)
        (void)timer_settime(pace->timer, 0, &(struct itimerspec){ .it_value = { .tv_nsec = us * 1000 } }, NULL);
}

/*
 * The next tick counts from the end of the pause. With a timer that repeats it would be there already where the pause took
 * long (behind other programs a sleeper is woken late), and the hash would not move at all.
 */
/* A thread that was woken late shares the processor with others, and at SCHED_IDLE leaves it to them once more. */
static void sleep_us(enum hash_pace_kind kind, int64_t us)
{
    int late_count = 0;
    int64_t began_us;

    do {
        began_us = clock_monotonic_us();
        (void)pselect(0, NULL, NULL, NULL, &(struct timespec){ .tv_nsec = us * 1000 }, NULL);
    } while (kind == HASH_PACE_YIELDING && clock_monotonic_us() - began_us > us + LATE_US &&
             ++late_count < LATE_COUNT_MAX);
}

static void tick(struct hash_pace *pace)
{
    struct hash_pace_seen seen = look(pace->kind);
    int64_t pause_us = hash_pace_pause_us(pace, &seen);

    if (pause_us > 0)
        sleep_us(pace->kind, pause_us);
    set_timer(pace, pause_us > 0 || pace->kind == HASH_PACE_LIMITED ? TICK_US : QUIET_TICK_US);
}

static void on_tick(int number)
{
    int error = errno;

    (void)number;
    if (own != NULL && own->is_ticking)
        tick(own);
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
    /* Else the kernel makes a pause of YIELD_US twice as long, in which nobody does anything. */
    (void)prctl(PR_SET_TIMERSLACK, 1UL);
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

void hash_pace_begin(struct hash_pace *pace)
{
    pace->seen = look(pace->kind);
    pace->was_interrupted = false;
    pace->is_ticking = 1;
    set_timer(pace, TICK_US);
}

void hash_pace_end(struct hash_pace *pace)
{
    pace->is_ticking = 0;
    set_timer(pace, 0);
}
