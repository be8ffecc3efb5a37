#include "crew.h"

#include <poll.h>
#include <time.h>

#include "parley/core/limits.h"
#include "parley/core/thread.h"

/* To be one too many in so many requests costs as much as to sleep and to be called again. */
enum { NEEDLESS_MAX = 5, WATCH_MS = 100 };

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

static bool is_somebody_wanted(const struct crew *crew)
{
    return crew->counts[DUTY_ACCEPTS] == 0 && !is_enough(crew) && !is_full(crew);
}

static void go_and_accept(struct member *member)
{
    turn(member, DUTY_ACCEPTS);
    member->crew->accept_count++;
}

/* Gets one up; NULL when nobody sleeps. The caller signals `called`. */
static struct member *call(struct crew *crew)
{
    struct member *member = crew->asleep;

    if (member == NULL || atomic_load(&crew->stopping))
        return NULL;
    crew->asleep = member->below;
    go_and_accept(member);
    return member;
}

static void sleep_until_called(struct member *member)
{
    struct crew *crew = member->crew;

    member->below = crew->asleep;
    crew->asleep = member;
    while (member->duty == DUTY_SLEEPS && !atomic_load(&crew->stopping))
        pthread_cond_wait(&member->called, &crew->lock);
    member->needless_count = 0;
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
    pthread_cond_init(&ret_member->called, NULL);
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

/* Not before the others have left: one of them may just be calling this one. */
void crew_forget(struct member *member)
{
    pthread_cond_destroy(&member->called);
}

bool crew_accept(struct member *member)
{
    struct crew *crew = member->crew;

    pthread_mutex_lock(&crew->lock);
    turn(member, DUTY_SLEEPS);
    if (is_needless(member))
        sleep_until_called(member);
    else
        go_and_accept(member);
    pthread_mutex_unlock(&crew->lock);
    return !atomic_load(&crew->stopping);
}

void crew_turn(struct member *member, enum duty duty)
{
    struct crew *crew = member->crew;
    struct member *called = NULL;

    if (duty != DUTY_COMPUTES)
        member->needless_count = 0;
    pthread_mutex_lock(&crew->lock);
    turn(member, duty);
    if (is_somebody_wanted(crew))
        called = call(crew);
    pthread_mutex_unlock(&crew->lock);
    if (called != NULL)
        pthread_cond_signal(&called->called);
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
        struct member *called;
        if (watch_pause(crew) || crew->accept_count != seen_count || is_full(crew) || !somebody_waits_outside(crew))
            continue;
        called = call(crew);
        if (called != NULL)
            pthread_cond_signal(&called->called);
    }
    pthread_mutex_unlock(&crew->lock);
    return NULL;
}

/* ---- beginning and end ---- */

static void release(struct crew *crew)
{
    pthread_mutex_destroy(&crew->lock);
    pthread_cond_destroy(&crew->changed);
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
    for (struct member *member = crew->asleep; member != NULL; member = member->below)
        pthread_cond_signal(&member->called);
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
