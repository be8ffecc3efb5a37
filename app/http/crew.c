#include "crew.h"

#include <poll.h>
#include <time.h>

#include "parley/core/limits.h"
#include "parley/core/thread.h"

enum { NEEDLESS_MAX = 50, WATCH_MS = 100 };

/* ---- what is asked and changed under the lock ---- */

static bool is_full(const struct crew *crew)
{
    return crew->counts[DUTY_ACCEPTS] + crew->counts[DUTY_COMPUTES] + crew->counts[DUTY_WAITS] >=
           crew->opts.worker_count;
}

/* Are as many up as there are processors to keep busy? */
static bool is_enough(const struct crew *crew)
{
    return crew->counts[DUTY_ACCEPTS] + crew->counts[DUTY_COMPUTES] >= crew->opts.processor_count;
}

static int present_count(const struct crew *crew)
{
    int count = 0;

    for (int i = 0; i < DUTY_COUNT; i++)
        count += crew->counts[i];
    return count;
}

static void turn(struct member *member, enum duty duty)
{
    member->crew->counts[member->duty]--;
    member->crew->counts[duty]++;
    member->duty = duty;
}

/* The thread itself is not counted among those who are up. */
static bool is_needless(struct member *member)
{
    if (is_full(member->crew))
        return true;
    if (is_enough(member->crew))
        return ++member->needless_count > NEEDLESS_MAX;
    member->needless_count = 0;
    return false;
}

static void sleep_until_wanted(struct crew *crew)
{
    while (!atomic_load(&crew->stopping) && crew->called_count == 0 && (is_full(crew) || is_enough(crew)))
        pthread_cond_wait(&crew->wanted, &crew->lock);
    if (crew->called_count > 0)
        crew->called_count--;
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

void crew_enlist(struct crew *crew, struct member *ret_member)
{
    *ret_member = (struct member){ .crew = crew, .duty = DUTY_SLEEPS, .needless_count = NEEDLESS_MAX };
    pthread_mutex_lock(&crew->lock);
    crew->counts[DUTY_SLEEPS]++;
    pthread_mutex_unlock(&crew->lock);
}

void crew_leave(struct member *member)
{
    struct crew *crew = member->crew;

    pthread_mutex_lock(&crew->lock);
    crew->counts[member->duty]--;
    pthread_cond_broadcast(&crew->changed);
    pthread_mutex_unlock(&crew->lock);
}

bool crew_accept(struct member *member)
{
    struct crew *crew = member->crew;

    pthread_mutex_lock(&crew->lock);
    turn(member, DUTY_SLEEPS);
    if (is_needless(member)) {
        sleep_until_wanted(crew);
        member->needless_count = 0;
    }
    turn(member, DUTY_ACCEPTS);
    crew->accept_count++;
    pthread_mutex_unlock(&crew->lock);
    return !atomic_load(&crew->stopping);
}

void crew_turn(struct member *member, enum duty duty)
{
    struct crew *crew = member->crew;
    bool somebody_is_wanted;

    if (duty != DUTY_COMPUTES)
        member->needless_count = 0;
    pthread_mutex_lock(&crew->lock);
    turn(member, duty);
    somebody_is_wanted = crew->counts[DUTY_SLEEPS] > 0 && crew->counts[DUTY_ACCEPTS] == 0 && !is_enough(crew) &&
                         !is_full(crew);
    pthread_mutex_unlock(&crew->lock);
    if (somebody_is_wanted)
        pthread_cond_signal(&crew->wanted);
}

void crew_pause(struct crew *crew, int ms)
{
    struct timespec until = time_after(ms);

    pthread_mutex_lock(&crew->lock);
    if (!atomic_load(&crew->stopping))
        pthread_cond_timedwait(&crew->changed, &crew->lock, &until);
    pthread_mutex_unlock(&crew->lock);
}

/* ---- the watch ---- */

/* True at a change, of which there are few. */
static bool watch_pause(struct crew *crew)
{
    struct timespec until = time_after(WATCH_MS);

    return pthread_cond_timedwait(&crew->changed, &crew->lock, &until) == 0;
}

static bool somebody_waits_outside(const struct crew *crew)
{
    struct pollfd polled = { .fd = crew->opts.listen_fd, .events = POLLIN };

    return poll(&polled, 1, 0) > 0;
}

static void *watch(void *arg)
{
    struct crew *crew = arg;

    pthread_mutex_lock(&crew->lock);
    while (!atomic_load(&crew->stopping)) {
        int64_t seen_count = crew->accept_count;
        if (watch_pause(crew) || crew->accept_count != seen_count || is_full(crew) || !somebody_waits_outside(crew))
            continue;
        crew->called_count = 1;
        pthread_cond_signal(&crew->wanted);
    }
    pthread_mutex_unlock(&crew->lock);
    return NULL;
}

/* ---- beginning and end ---- */

static void release(struct crew *crew)
{
    pthread_mutex_destroy(&crew->lock);
    pthread_cond_destroy(&crew->changed);
    pthread_cond_destroy(&crew->wanted);
}

enum err crew_init(struct crew *crew, const struct crew_opts *opts)
{
    pthread_condattr_t attributes;
    enum err e;

    *crew = (struct crew){ .opts = *opts };
    pthread_mutex_init(&crew->lock, NULL);
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&crew->changed, &attributes);
    pthread_condattr_destroy(&attributes);
    pthread_cond_init(&crew->wanted, NULL);
    e = thread_start(WATCH_STACK_BYTES, watch, crew, &crew->watch);
    if (e != ERR_OK)
        release(crew);
    return e;
}

void crew_stop(struct crew *crew)
{
    pthread_mutex_lock(&crew->lock);
    atomic_store(&crew->stopping, true);
    pthread_cond_broadcast(&crew->changed);
    pthread_cond_broadcast(&crew->wanted);
    pthread_mutex_unlock(&crew->lock);
}

bool crew_wait_gone(struct crew *crew, int max_s)
{
    struct timespec until = time_after(max_s * 1000L);
    int waited = 0;
    int left;

    pthread_mutex_lock(&crew->lock);
    while ((left = present_count(crew)) > 0 && waited == 0)
        waited = pthread_cond_timedwait(&crew->changed, &crew->lock, &until);
    pthread_mutex_unlock(&crew->lock);
    return left == 0;
}

void crew_destroy(struct crew *crew)
{
    pthread_join(crew->watch, NULL);
    release(crew);
}
