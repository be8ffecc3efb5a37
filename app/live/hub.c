#include "hub_private.h"

#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "parley/core/clock.h"
#include "parley/core/limits.h"
#include "parley/core/thread.h"

/* What is told at once to a stream that comes back: half of what may wait where its reader is slow. */
enum { RESUME_EVENTS_MAX = SEND_QUEUE_MAX / 2, RESUME_MAX_BYTES = SEND_QUEUE_MAX_BYTES / 2 };

/* ---- to the hub's thread ---- */

void hub_wake(struct hub *hub)
{
    const uint64_t one = 1;

    /* A full counter would wake it as well. */
    if (!atomic_exchange(&hub->woken, true))
        (void)!write(hub->event_fd, &one, sizeof(one));
}

bool hub_post(struct hub *hub, struct inbox_item *item)
{
    bool taken;

    item->next = NULL;
    (void)pthread_mutex_lock(&hub->inbox_lock);
    taken = !hub->closed;
    if (taken) {
        *hub->inbox_end = item;
        hub->inbox_end = &item->next;
    }
    (void)pthread_mutex_unlock(&hub->inbox_lock);
    if (taken)
        hub_wake(hub);
    return taken;
}

/* ---- the reader of the log ---- */

/* Not clock_monotonic_us: tests set that ahead, and nobody was silent meanwhile. */
static int64_t kernel_now_s(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec;
}

bool hub_hears_reader(struct hub *hub)
{
    return kernel_now_s() - atomic_load(&hub->heard_s) <= READER_SILENT_MAX_S;
}

static void heard(struct hub *hub)
{
    atomic_store(&hub->heard_s, kernel_now_s());
}

static void sink_start(void *arg, const char *epoch, int64_t position)
{
    struct hub *hub = arg;

    heard(hub);
    ring_start(&hub->ring, epoch, position);
    hub_wake(hub);
}

static void sink_event(void *arg, const struct live_event *event)
{
    struct hub *hub = arg;

    heard(hub);
    ring_add(&hub->ring, event);
    hub_wake(hub);
}

static void sink_silence(void *arg)
{
    struct hub *hub = arg;

    atomic_store(&hub->silent, true);
    hub_wake(hub);
}

static void sink_looked(void *arg)
{
    heard(arg);
}

static bool sink_is_watched(void *arg)
{
    struct hub *hub = arg;

    return atomic_load(&hub->counters.stream_count) > 0;
}

struct live_sink hub_sink(struct hub *hub)
{
    return (struct live_sink){ hub, sink_start, sink_event, sink_looked, sink_silence, sink_is_watched };
}

/* ---- streams ---- */

void hub_where(struct hub *hub, struct hub_place *ret_place)
{
    (void)ring_where(&hub->ring, ret_place->epoch, &ret_place->position, &ret_place->generation);
}

bool hub_still_has(struct hub *hub, const struct hub_place *place, int64_t position)
{
    return ring_still_has(&hub->ring, place->generation, position, RESUME_EVENTS_MAX, RESUME_MAX_BYTES);
}

enum err hub_admit(struct hub *hub, int64_t user_id, struct str ip, struct stream_permit *ret_permit)
{
    struct hub_place place;

    hub_where(hub, &place);
    if ((place.generation == 0 && !ring_await_start(&hub->ring)) || atomic_load(&hub->ending) || !hub_hears_reader(hub))
        return ERR_UNAVAILABLE;
    TRY(admission_enter(&hub->admission, &hub->opts, user_id, ip, ret_permit));
    ret_permit->hub = hub;
    return ERR_OK;
}

void hub_leave(struct stream_permit *permit)
{
    if (permit->hub != NULL)
        admission_leave(&permit->hub->admission, permit->user_id, permit->network);
    permit->hub = NULL;
}

struct entering {
    struct inbox_item item;
    struct stream *stream;
    struct hub_place looked; /* where the log was when its rights were read */
};

static void entering_run(struct hub *hub, struct inbox_item *item)
{
    struct entering *entering = (struct entering *)item;

    stream_enter(hub, entering->stream, &entering->looked);
    free(entering);
}

static void stream_take(struct hub *hub, const struct handover *handover, const struct stream_opening *opening)
{
    struct stream *stream = stream_new(handover, opening);
    struct entering *entering = malloc(sizeof(*entering));

    /* Records are made for nginx, which has no other id. */
    if (stream != NULL && entering != NULL && handover->request_id == RECORD_REQUEST_ID) {
        *entering = (struct entering){ { NULL, entering_run }, stream, opening->place };
        if (hub_post(hub, &entering->item)) {
            opening->permit->hub = NULL;
            return;
        }
    }
    stream_drop(stream);
    free(entering);
    hub_leave(opening->permit);
    handover_end(handover, 0, "no room");
}

void hub_take(void *arg, const struct handover *handover)
{
    struct hub *hub = arg;

    if (handover->way == REPLY_PARKED)
        parking_take(hub, handover);
    else
        stream_take(hub, handover, handover->subject);
}

/* ---- figures ---- */

static int64_t figure(atomic_llong *counter)
{
    return atomic_load_explicit(counter, memory_order_relaxed);
}

void hub_stats(struct hub *hub, struct hub_stats *ret_stats)
{
    struct hub_counters *counters = &hub->counters;
    struct hub_place place;

    hub_where(hub, &place);
    *ret_stats = (struct hub_stats){
        .stream_count = figure(&counters->stream_count),
        .parked_count = figure(&counters->parked_count),
        .held_count = figure(&counters->held_count),
        .opened_count = figure(&counters->opened_count),
        .event_count = figure(&counters->event_count),
        .signal_count = figure(&counters->signal_count),
        .dropped_count = figure(&counters->dropped_count),
        .written_count = figure(&counters->written_count),
        .check_count = figure(&counters->check_count),
        .refused_count = admission_refused_count(&hub->admission),
        .overrun_count = figure(&counters->overrun_count),
        .position = place.position,
    };
    for (int i = 0; i < STREAM_END_COUNT_; i++)
        ret_stats->end_counts[i] = figure(&counters->end_counts[i]);
}

/* ---- beginning and end ---- */

static enum err indexes_init(struct hub *hub)
{
    TRY(stream_index_init(&hub->by_user));
    TRY(stream_index_init(&hub->by_workspace));
    TRY(stream_index_init(&hub->by_chat));
    TRY(stream_index_init(&hub->places));
    TRY(stream_index_init(&hub->parked));
    hub->comment = live_record_new(STR(":\n\n"));
    return hub->comment != NULL ? ring_init(&hub->ring) : ERR_NO_MEMORY;
}

static enum err descriptors_open(struct hub *hub)
{
    struct epoll_event event = { .events = EPOLLIN };

    hub->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    hub->event_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (hub->epoll_fd < 0 || hub->event_fd < 0 || epoll_ctl(hub->epoll_fd, EPOLL_CTL_ADD, hub->event_fd, &event) != 0)
        return ERR_UNAVAILABLE;
    return ERR_OK;
}

/* Without its threads. */
static void release(struct hub *hub)
{
    if (hub->epoll_fd >= 0)
        close(hub->epoll_fd);
    if (hub->event_fd >= 0)
        close(hub->event_fd);
    ring_release(&hub->ring);
    stream_index_release(&hub->by_user);
    stream_index_release(&hub->by_workspace);
    stream_index_release(&hub->by_chat);
    stream_index_release(&hub->places);
    stream_index_release(&hub->parked);
    live_record_drop(hub->comment);
    admission_release(&hub->admission);
    (void)pthread_cond_destroy(&hub->gone);
    (void)pthread_mutex_destroy(&hub->inbox_lock);
    free(hub);
}

static void init(struct hub *hub, const struct hub_opts *opts)
{
    int64_t now_s = clock_monotonic_us() / US_PER_S;
    pthread_condattr_t attributes;

    hub->opts = *opts;
    hub->epoll_fd = hub->event_fd = -1;
    hub->inbox_end = &hub->inbox;
    (void)pthread_mutex_init(&hub->inbox_lock, NULL);
    (void)pthread_condattr_init(&attributes);
    (void)pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    (void)pthread_cond_init(&hub->gone, &attributes);
    (void)pthread_condattr_destroy(&attributes);
    admission_init(&hub->admission);
    wheel_init(&hub->wheel, now_s);
    wheel_init(&hub->late_wheel, now_s);
    link_init(&hub->ended);
    link_init(&hub->unattached);
}

static enum err threads_start(struct hub *hub)
{
    enum err e;

    TRY(rights_watch_init(&hub->watch, hub, &hub->opts.checker));
    e = thread_start(WORKER_STACK_BYTES, hub_thread, hub, &hub->thread);
    if (e != ERR_OK)
        (void)rights_watch_stop(&hub->watch);
    return e;
}

enum err hub_new(const struct hub_opts *opts, struct hub **ret_hub)
{
    struct hub *hub = calloc(1, sizeof(*hub));
    enum err e;

    if (hub == NULL)
        return ERR_NO_MEMORY;
    init(hub, opts);
    e = descriptors_open(hub);
    if (e == ERR_OK)
        e = indexes_init(hub);
    if (e == ERR_OK)
        e = threads_start(hub);
    if (e != ERR_OK) {
        release(hub);
        return e;
    }
    *ret_hub = hub;
    return ERR_OK;
}

void hub_end_all(struct hub *hub)
{
    atomic_store(&hub->ending, true);
    hub_wake(hub);
}

/* True: the thread has ended. */
static bool wait_gone(struct hub *hub, int max_s)
{
    struct timespec until = clock_deadline(clock_monotonic_us() + max_s * US_PER_S);
    int waited = 0;
    bool gone;

    (void)pthread_mutex_lock(&hub->inbox_lock);
    while (!hub->finished && waited == 0)
        waited = pthread_cond_timedwait(&hub->gone, &hub->inbox_lock, &until);
    gone = hub->finished;
    (void)pthread_mutex_unlock(&hub->inbox_lock);
    return gone;
}

void hub_stop(struct hub *hub, int max_s)
{
    struct rights_question *question, *next;

    atomic_store(&hub->stopping, true);
    hub_end_all(hub);
    ring_close(&hub->ring);
    if (!wait_gone(hub, max_s)) {
        atomic_store(&hub->cutting, true);
        hub_wake(hub);
    }
    (void)pthread_join(hub->thread, NULL);
    for (question = rights_watch_stop(&hub->watch); question != NULL; question = next) {
        next = question->next;
        free(question->stream);
        free(question->check.workspaces);
        free(question);
    }
}

void hub_free(struct hub *hub)
{
    if (hub != NULL)
        release(hub);
}
