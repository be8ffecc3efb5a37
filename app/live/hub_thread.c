#include "hub_private.h"

#include <sys/epoll.h>
#include <unistd.h>

#include "parked_request.h"
#include "parley/core/clock.h"
#include "parley/core/limits.h"
#include "parley/core/log.h"

enum {
    READY_MAX = 256,     /* connections looked at in a turn */
    EVENTS_IN_TURN = 64, /* events of the log told in one: leaving clients are noticed between */
    END_STEP_MS = 10,
    IDLE_MS = -1,
};

/* ---- descriptors ---- */

static bool watch(struct hub *hub, struct connection *connection, int operation, enum hub_watch what)
{
    struct epoll_event event = { .events = EPOLLRDHUP | (what == HUB_WATCH_ROOM ? EPOLLOUT : 0),
                                 .data.ptr = connection };

    return epoll_ctl(hub->epoll_fd, operation, connection->fd, &event) == 0;
}

bool hub_watch_add(struct hub *hub, struct connection *connection)
{
    return watch(hub, connection, EPOLL_CTL_ADD, HUB_WATCH_END);
}

void hub_watch_change(struct hub *hub, struct connection *connection, enum hub_watch what)
{
    if (!watch(hub, connection, EPOLL_CTL_MOD, what))
        hub_connection_ended(hub, connection, STREAM_END_GONE);
}

void hub_connection_ended(struct hub *hub, struct connection *connection, enum stream_end end)
{
    if (connection->flags & CONNECTION_ENDED)
        return;
    wheel_clear(&connection->timer);
    connection->flags |= CONNECTION_ENDED;
    connection->end = (uint8_t)end;
    if (connection->kind == CONNECTION_STREAM)
        atomic_fetch_add_explicit(&hub->counters.end_counts[end], 1, memory_order_relaxed);
    link_add(&hub->ended, &connection->timer.link);
}

static void ended_free(struct hub *hub)
{
    struct link *link;

    while ((link = link_take(&hub->ended)) != NULL) {
        struct wheel_timer *timer = LINK_OWNER(link, struct wheel_timer, link);
        struct connection *connection = LINK_OWNER(timer, struct connection, timer);

        if (connection->kind == CONNECTION_STREAM)
            stream_free(hub, (struct stream *)connection);
        else
            parked_request_free(hub, (struct parked_request *)connection);
    }
}

static void connection_ready(struct hub *hub, struct connection *connection, uint32_t events)
{
    bool is_stream = connection->kind == CONNECTION_STREAM;

    if (connection->flags & CONNECTION_ENDED)
        return;
    if (events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) {
        if (is_stream)
            hub_connection_ended(hub, connection, STREAM_END_GONE);
        else
            parked_request_gone(hub, (struct parked_request *)connection);
    } else if (is_stream) {
        stream_write_on(hub, (struct stream *)connection);
    } else {
        parked_request_write_on(hub, (struct parked_request *)connection);
    }
}

/* ---- one turn ---- */

static void inbox_run(struct hub *hub)
{
    struct inbox_item *item, *next;

    (void)pthread_mutex_lock(&hub->inbox_lock);
    item = hub->inbox;
    hub->inbox = NULL;
    hub->inbox_end = &hub->inbox;
    (void)pthread_mutex_unlock(&hub->inbox_lock);
    for (; item != NULL; item = next) {
        next = item->next;
        item->run(hub, item);
    }
}

static void end_stream(struct stream_group *group, void *arg)
{
    for (struct link *link = group->members.next; link != &group->members; link = link->next)
        stream_end(arg, LINK_OWNER(link, struct stream, by_user), STREAM_END_RESTART);
}

static void end_streams(struct hub *hub)
{
    stream_index_each(&hub->by_user, end_stream, hub);
    ended_free(hub);
}

/* Where the log begins anew, or has been lost sight of, every stream comes back and is told what to do. */
static void begin_anew(struct hub *hub)
{
    end_streams(hub);
    (void)ring_where(&hub->ring, hub->epoch, &hub->position, &hub->generation);
}

static void generation_check(struct hub *hub)
{
    char epoch[LIVE_EPOCH_LEN + 1];
    unsigned generation;
    int64_t position;

    (void)ring_where(&hub->ring, epoch, &position, &generation);
    if (generation != hub->generation)
        begin_anew(hub);
}

/* Tells what the log has; true: there may be more. */
static bool events_tell(struct hub *hub)
{
    struct ring_entry entry;

    for (int i = 0; i < EVENTS_IN_TURN; i++) {
        switch (ring_next(&hub->ring, hub->generation, hub->position, RING_READ, &entry)) {
        case RING_END: return false;
        case RING_LOST:
            atomic_fetch_add(&hub->counters.overrun_count, 1);
            log_text(LOG_WARN, "the hub was too far behind the log; all streams come back");
            begin_anew(hub);
            return true;
        case RING_EVENT:
            deliver_event(hub, &entry.event);
            ring_entry_release(&entry);
            ended_free(hub);
        }
    }
    return true;
}

/* ---- time ---- */

static void timers_run(struct hub *hub, struct wheel *wheel)
{
    int64_t now_s = clock_monotonic_us() / US_PER_S;
    struct wheel_timer *timer;

    while ((timer = wheel_next_due(wheel, now_s)) != NULL) {
        struct connection *connection = LINK_OWNER(timer, struct connection, timer);

        if (connection->kind == CONNECTION_STREAM)
            stream_tick(hub, (struct stream *)connection);
        else
            parked_request_tick(hub, (struct parked_request *)connection);
    }
    ended_free(hub);
}

/* The reader may hang in the database: whoever is told nothing must not believe that nothing happens. */
static void silence_check(struct hub *hub)
{
    bool told = atomic_exchange(&hub->silent, false);

    if (atomic_load(&hub->counters.stream_count) == 0 || (!told && hub_hears_reader(hub)))
        return;
    log_event(LOG_WARN, "the log of events cannot be read; all streams come back",
              LOG_INT("streams", atomic_load(&hub->counters.stream_count)));
    end_streams(hub);
}

/* ---- stopping ---- */

static void end_some(struct hub *hub)
{
    int64_t now_us = clock_monotonic_us();
    int64_t wanted;

    if (hub->ending_since_us == 0) {
        hub->ending_since_us = now_us;
        parking_finish_all(hub);
    }
    wanted = (now_us - hub->ending_since_us) * STREAM_ENDS_PER_S / US_PER_S + 1;
    while (hub->ended_count < wanted) {
        struct wheel_timer *timer = wheel_take_any(&hub->wheel);

        if (timer == NULL)
            break;
        hub->ended_count++;
        stream_end(hub, (struct stream *)LINK_OWNER(timer, struct connection, timer), STREAM_END_RESTART);
    }
    ended_free(hub);
}

static void cut_off(struct hub *hub)
{
    struct wheel *const wheels[] = { &hub->wheel, &hub->late_wheel };

    for (size_t i = 0; i < COUNT_OF(wheels); i++) {
        struct wheel_timer *timer;

        while ((timer = wheel_take_any(wheels[i])) != NULL)
            hub_connection_ended(hub, LINK_OWNER(timer, struct connection, timer), STREAM_END_RESTART);
    }
    parking_cut_off(hub);
    ended_free(hub);
}

/* ---- the thread ---- */

static bool is_empty(const struct hub *hub)
{
    return atomic_load(&hub->counters.stream_count) == 0 && atomic_load(&hub->counters.parked_count) == 0;
}

static int pause_ms(const struct hub *hub, bool more)
{
    int64_t now_us = clock_monotonic_us();

    if (more)
        return 0;
    if (atomic_load(&hub->ending) && !is_empty(hub))
        return END_STEP_MS;
    if (is_empty(hub))
        return IDLE_MS;
    return (int)((US_PER_S - now_us % US_PER_S) / US_PER_MS) + 1;
}

static void ready_run(struct hub *hub, const struct epoll_event *ready, int count)
{
    for (int i = 0; i < count; i++) {
        uint64_t wakes;

        if (ready[i].data.ptr != NULL) {
            connection_ready(hub, ready[i].data.ptr, ready[i].events);
            continue;
        }
        (void)!read(hub->event_fd, &wakes, sizeof(wakes));
        atomic_store(&hub->woken, false);
    }
    ended_free(hub);
}

static bool turn(struct hub *hub, bool more)
{
    struct epoll_event ready[READY_MAX];
    int count = epoll_wait(hub->epoll_fd, ready, READY_MAX, pause_ms(hub, more));

    ready_run(hub, ready, count);
    generation_check(hub);
    inbox_run(hub);
    ended_free(hub);
    more = events_tell(hub);
    timers_run(hub, &hub->wheel);
    timers_run(hub, &hub->late_wheel);
    silence_check(hub);
    if (atomic_load(&hub->ending))
        end_some(hub);
    if (atomic_load(&hub->cutting))
        cut_off(hub);
    return more;
}

void *hub_thread(void *arg)
{
    struct hub *hub = arg;
    bool more = false, done = false;

    while (!done) {
        more = turn(hub, more);
        if (!atomic_load(&hub->stopping) || !is_empty(hub))
            continue;
        (void)pthread_mutex_lock(&hub->inbox_lock);
        done = hub->closed = hub->inbox == NULL;
        (void)pthread_mutex_unlock(&hub->inbox_lock);
    }
    (void)pthread_mutex_lock(&hub->inbox_lock);
    hub->finished = true;
    (void)pthread_cond_signal(&hub->gone);
    (void)pthread_mutex_unlock(&hub->inbox_lock);
    return NULL;
}
