/*
 * The bus through Redis. One thread makes the connection on which is published and the one on which is received, keeps
 * them, sends what stands in the queue, and delivers what comes. Nobody else touches them. Counting is apart:
 * redis_counter.h.
 */
#include <errno.h>
#include <poll.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "driver.h"
#include "message_queue.h"
#include "parley/core/arena.h"
#include "parley/core/clock.h"
#include "parley/core/log.h"
#include "redis_connection.h"
#include "redis_counter.h"

struct redis_bus {
    struct bus base;
    struct arena *arena;
    struct redis_address address;
    pthread_t thread;
    int wake_fd; /* written when the thread shall look */
    atomic_bool stopping;
    atomic_bool up;
    struct message_queue queue;
    struct redis_counter counter;
    /* The thread's own: */
    redisContext *publisher, *receiver; /* NULL while there is none */
    size_t subscribed_count;            /* of the table, sent on this connection */
    int64_t heard_us;                   /* when the receiver last heard anything */
    bool ping_sent;
    bool away_logged;
};

static struct redis_bus *redis_of(struct bus *bus)
{
    return (struct redis_bus *)bus;
}

static void wake(struct redis_bus *r)
{
    const uint64_t one = 1;
    ssize_t ignored = write(r->wake_fd, &one, sizeof(one));
    (void)ignored;
}

/* To this process alone. Frees them. */
static void deliver_all(struct redis_bus *r, struct message *first)
{
    for (struct message *m = first, *next; m != NULL; m = next) {
        next = m->next;
        bus_deliver(&r->base, m->channel, m->payload);
        free(m);
    }
}

static void connection_drop(redisContext **context)
{
    if (*context != NULL)
        redisFree(*context);
    *context = NULL;
}

/* What is put into the queue at this moment, by one that has found the bus up, is found when it next looks. */
static void note_away(struct redis_bus *r, const char *why)
{
    atomic_store(&r->up, false);
    connection_drop(&r->receiver);
    connection_drop(&r->publisher);
    deliver_all(r, message_queue_take(&r->queue));
    if (!r->away_logged && !atomic_load(&r->stopping))
        log_event(LOG_WARN, "Redis is away; this process goes on alone", LOG_C("why", why));
    r->away_logged = true;
}

/* Sends SUBSCRIBE for channels that are in the table and not yet asked for. */
static void subscribe_rest(struct redis_bus *r)
{
    pthread_rwlock_rdlock(&r->base.lock);
    for (; r->subscribed_count < r->base.subscription_count; r->subscribed_count++)
        redisAppendCommand(r->receiver, "SUBSCRIBE %s%s", r->base.realm,
                           r->base.subscriptions[r->subscribed_count].channel);
    pthread_rwlock_unlock(&r->base.lock);
}

static bool go_up(struct redis_bus *r)
{
    char why[REDIS_WHY_BYTES] = "";
    r->publisher = redis_connection_new(&r->address, why);
    r->receiver = r->publisher != NULL ? redis_connection_new(&r->address, why) : NULL;
    if (r->receiver == NULL) {
        note_away(r, why);
        return false;
    }
    redis_connection_limit(r->publisher, BUS_PUBLISH_MAX_MS);
    r->subscribed_count = 0;
    r->heard_us = clock_monotonic_us();
    r->ping_sent = false;
    subscribe_rest(r);
    if (r->away_logged)
        log_event(LOG_INFO, "Redis is back", LOG_INT("dropped", message_queue_dropped_count(&r->queue)));
    r->away_logged = false;
    atomic_store(&r->up, true);
    return true;
}

static void deliver(struct redis_bus *r, const redisReply *reply)
{
    redisReply *const *e = reply->element;
    size_t realm_len = strlen(r->base.realm);
    if (reply->type != REDIS_REPLY_ARRAY || reply->elements != 3)
        return;
    if (e[0]->type != REDIS_REPLY_STRING || strcmp(e[0]->str, "message") != 0 || e[2]->type != REDIS_REPLY_STRING)
        return;
    if (e[1]->len < realm_len)
        return;
    bus_deliver(&r->base, str_tail((struct str){ e[1]->str, e[1]->len }, realm_len),
                (struct str){ e[2]->str, e[2]->len });
}

/* Reads what is there. False when the connection is gone. */
static bool receive(struct redis_bus *r)
{
    if (redisBufferRead(r->receiver) != REDIS_OK)
        return false;
    r->heard_us = clock_monotonic_us();
    r->ping_sent = false;
    for (;;) {
        void *reply = NULL;
        if (redisReaderGetReply(r->receiver->reader, &reply) != REDIS_OK)
            return false;
        if (reply == NULL)
            return true;
        deliver(r, reply);
        freeReplyObject(reply);
    }
}

/* Writes what redisAppendCommand has gathered. */
static bool send_rest(struct redis_bus *r)
{
    int done = 0;
    while (done == 0)
        if (redisBufferWrite(r->receiver, &done) != REDIS_OK)
            return false;
    return true;
}

/* Asks a silent server whether it lives. False when it has not answered the last question. */
static bool keep_alive(struct redis_bus *r)
{
    if (clock_monotonic_us() - r->heard_us < BUS_PING_MS * US_PER_MS)
        return true;
    if (r->ping_sent)
        return false;
    r->ping_sent = true;
    r->heard_us = clock_monotonic_us();
    redisAppendCommand(r->receiver, "PING");
    return true;
}

static void clear_wake(struct redis_bus *r)
{
    uint64_t count = 0;
    ssize_t ignored = read(r->wake_fd, &count, sizeof(count));
    (void)ignored;
}

/* Sends what stands in the queue. False when the connection is gone; what Redis has not taken then stays in this process. */
static bool publish_rest(struct redis_bus *r)
{
    struct message *first = message_queue_take(&r->queue);
    for (struct message *m = first; m != NULL; m = m->next)
        redisAppendCommand(r->publisher, "PUBLISH %s%b %b", r->base.realm, m->channel.ptr, m->channel.len,
                           m->payload.ptr, m->payload.len);
    while (first != NULL) {
        void *reply = NULL;
        struct message *sent = first;
        if (redisGetReply(r->publisher, &reply) != REDIS_OK || !redis_reply_take(reply)) {
            deliver_all(r, first);
            return false;
        }
        first = sent->next;
        free(sent);
    }
    return true;
}

/*
 * Waits for a message, a wake-up or the time of a question; handles it. False when the connections are to be made again: of
 * the publishing one, nothing is to be read here but its end.
 */
static bool turn(struct redis_bus *r)
{
    struct pollfd fds[3] = { { .fd = r->wake_fd, .events = POLLIN },
                             { .fd = r->receiver->fd, .events = POLLIN },
                             { .fd = r->publisher->fd, .events = POLLIN } };
    int ready = poll(fds, 3, BUS_PING_MS);
    if (ready < 0)
        return errno == EINTR;
    if (fds[0].revents != 0)
        clear_wake(r);
    if (fds[1].revents != 0 && !receive(r))
        return false;
    if (fds[2].revents != 0 || !publish_rest(r))
        return false;
    subscribe_rest(r);
    return keep_alive(r) && send_rest(r);
}

static void back_off(struct redis_bus *r, int64_t *backoff_ms)
{
    struct pollfd fd = { .fd = r->wake_fd, .events = POLLIN };
    int64_t until_us = clock_monotonic_us() + redis_backoff_next(backoff_ms) * US_PER_MS;
    for (int64_t left_us; !atomic_load(&r->stopping) && (left_us = until_us - clock_monotonic_us()) > 0;)
        if (poll(&fd, 1, (int)(left_us / US_PER_MS) + 1) > 0) {
            clear_wake(r);
            deliver_all(r, message_queue_take(&r->queue));
        }
}

static void *run_thread(void *arg)
{
    struct redis_bus *r = arg;
    int64_t backoff_ms = 0;
    while (!atomic_load(&r->stopping)) {
        bool fine;
        if (!go_up(r)) {
            back_off(r, &backoff_ms);
            continue;
        }
        backoff_ms = 0;
        fine = send_rest(r);
        while (fine && !atomic_load(&r->stopping))
            fine = turn(r);
        if (fine)
            (void)publish_rest(r); /* what a stopping process still has in its queue */
        note_away(r, "the connection was lost");
        if (!fine)
            back_off(r, &backoff_ms);
    }
    return NULL;
}

static void redis_publish(struct bus *bus, const char *channel, struct str payload)
{
    struct redis_bus *r = redis_of(bus);
    if (!atomic_load(&r->up))
        bus_deliver(bus, str_from(channel), payload);
    else if (message_queue_add(&r->queue, str_from(channel), payload))
        wake(r);
}

static int64_t redis_dropped_count(struct bus *bus)
{
    return message_queue_dropped_count(&redis_of(bus)->queue);
}

static enum err redis_consume(struct bus *bus, const struct bus_consumption *consumption, struct bus_bucket *ret_bucket)
{
    return redis_counter_consume(&redis_of(bus)->counter, consumption, ret_bucket);
}

static void redis_subscribed(struct bus *bus)
{
    wake(redis_of(bus));
}

static bool redis_is_healthy(struct bus *bus)
{
    return atomic_load(&redis_of(bus)->up);
}

static void release(struct redis_bus *r)
{
    message_queue_release(&r->queue);
    bus_destroy(&r->base);
    if (r->wake_fd >= 0)
        close(r->wake_fd);
    arena_free(r->arena);
    free(r);
}

static void redis_close(struct bus *bus)
{
    struct redis_bus *r = redis_of(bus);
    atomic_store(&r->stopping, true);
    wake(r);
    pthread_join(r->thread, NULL);
    redis_counter_stop(&r->counter);
    release(r);
}

static const struct bus_ops redis_ops = {
    .kind = "redis",
    .is_shared = true,
    .close = redis_close,
    .is_healthy = redis_is_healthy,
    .subscribed = redis_subscribed,
    .publish = redis_publish,
    .dropped_count = redis_dropped_count,
    .consume = redis_consume,
};

enum err redis_bus_new(struct arena *arena, const struct redis_address *address, struct bus **ret_bus)
{
    struct redis_bus *r = calloc(1, sizeof(*r));
    if (r == NULL) {
        arena_free(arena);
        return ERR_NO_MEMORY;
    }
    bus_init(&r->base, &redis_ops);
    r->arena = arena;
    r->address = *address;
    message_queue_init(&r->queue);
    r->wake_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    if (r->wake_fd < 0 || redis_counter_start(&r->counter, &r->address) != ERR_OK) {
        release(r);
        return ERR_NO_MEMORY;
    }
    if (pthread_create(&r->thread, NULL, run_thread, r) != 0) {
        redis_counter_stop(&r->counter);
        release(r);
        return ERR_NO_MEMORY;
    }
    *ret_bus = &r->base;
    return ERR_OK;
}
