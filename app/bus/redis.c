/*
 * The bus through Redis. One thread makes all connections, keeps them, and receives; workers only write a message to the
 * publishing connection (or ask the counting one) and read its answer, so none of them ever waits for a connect.
 */
#include <errno.h>
#include <poll.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "driver.h"
#include "parley/core/arena.h"
#include "parley/core/blocking.h"
#include "parley/core/clock.h"
#include "parley/core/log.h"
#include "parley/core/rand.h"
#include "redis_counter.h"

enum { BACKOFF_FIRST_MS = 50 };

struct redis_bus {
    struct bus base;
    struct arena *arena;
    struct redis_address address;
    pthread_t thread;
    int wake_fd; /* written when the thread shall look */
    atomic_bool stopping;
    atomic_bool up;
    pthread_mutex_t publish_lock; /* guards publisher */
    redisContext *publisher;      /* NULL while there is none */
    struct redis_counter counter;
    /* The thread's own: */
    redisContext *receiver;
    size_t subscribed_count; /* of the table, sent on this connection */
    int64_t heard_us;        /* when the receiver last heard anything */
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
    ssize_t ignored = write(r->wake_fd, &one, sizeof one);
    (void)ignored;
}

static struct timeval duration(int64_t ms)
{
    return (struct timeval){ .tv_sec = ms / 1000, .tv_usec = ms % 1000 * 1000 };
}

/* Takes ownership of the reply. */
static bool is_fine(redisReply *reply)
{
    bool fine = reply != NULL && reply->type != REDIS_REPLY_ERROR;
    freeReplyObject(reply);
    return fine;
}

static bool sign_in(redisContext *c, const struct redis_address *address)
{
    if (address->user[0] != '\0' && !is_fine(redisCommand(c, "AUTH %s %s", address->user, address->password)))
        return false;
    if (address->user[0] == '\0' && address->password[0] != '\0' &&
        !is_fine(redisCommand(c, "AUTH %s", address->password)))
        return false;
    if (address->database != 0 && !is_fine(redisCommand(c, "SELECT %d", address->database)))
        return false;
    return is_fine(redisCommand(c, "PING"));
}

/* A connection that has signed in, or NULL with *ret_why, static or in the thread's buffer. */
static redisContext *connect_redis(struct redis_bus *r, char ret_why[128])
{
    const struct timeval limit = duration(BUS_CONNECT_MAX_MS);
    redisContext *c = r->address.socket[0] != '\0' ? redisConnectUnixWithTimeout(r->address.socket, limit)
                                                   : redisConnectWithTimeout(r->address.host, r->address.port, limit);
    if (c != NULL && c->err == 0)
        redisSetTimeout(c, limit);
    bool fine = c != NULL && c->err == 0 && sign_in(c, &r->address);
    if (fine)
        return c;
    snprintf(ret_why, 128, "%s", c == NULL || c->err == 0 ? "the server refuses us: check REDIS_PASSWORD" : c->errstr);
    if (c != NULL)
        redisFree(c);
    return NULL;
}

static void drop_publisher(struct redis_bus *r)
{
    pthread_mutex_lock(&r->publish_lock);
    if (r->publisher != NULL)
        redisFree(r->publisher);
    r->publisher = NULL;
    pthread_mutex_unlock(&r->publish_lock);
}

static void note_away(struct redis_bus *r, const char *why)
{
    atomic_store(&r->up, false);
    if (r->receiver != NULL)
        redisFree(r->receiver);
    r->receiver = NULL;
    drop_publisher(r);
    redis_counter_connect(&r->counter, NULL);
    if (!r->away_logged && !atomic_load(&r->stopping))
        log_event(LOG_WARN, "Redis is away; this process goes on alone", LOG_C("why", why));
    r->away_logged = true;
}

static void set_publisher(struct redis_bus *r, redisContext *c)
{
    redisSetTimeout(c, duration(BUS_PUBLISH_MAX_MS));
    pthread_mutex_lock(&r->publish_lock);
    r->publisher = c;
    pthread_mutex_unlock(&r->publish_lock);
}

/* Sends SUBSCRIBE for channels that are in the table and not yet asked for. */
static void subscribe_rest(struct redis_bus *r)
{
    pthread_rwlock_rdlock(&r->base.lock);
    for (; r->subscribed_count < r->base.subscription_count; r->subscribed_count++)
        redisAppendCommand(r->receiver, "SUBSCRIBE %s", r->base.subscriptions[r->subscribed_count].channel);
    pthread_rwlock_unlock(&r->base.lock);
}

/* A connection for buckets, where there is none: the last one did not answer in time. */
static bool counter_is_up(struct redis_bus *r)
{
    char why[128];
    redisContext *c;
    if (redis_counter_is_connected(&r->counter))
        return true;
    c = connect_redis(r, why);
    if (c != NULL)
        redis_counter_connect(&r->counter, c);
    return c != NULL;
}

static bool go_up(struct redis_bus *r)
{
    char why[128] = "";
    redisContext *publisher = connect_redis(r, why);
    r->receiver = publisher != NULL ? connect_redis(r, why) : NULL;
    if (r->receiver == NULL) {
        if (publisher != NULL)
            redisFree(publisher);
        note_away(r, why);
        return false;
    }
    set_publisher(r, publisher);
    (void)counter_is_up(r); /* what hinders it shows at the next turn */
    r->subscribed_count = 0;
    r->heard_us = clock_monotonic_us();
    r->ping_sent = false;
    subscribe_rest(r);
    if (r->away_logged)
        log_text(LOG_INFO, "Redis is back");
    r->away_logged = false;
    atomic_store(&r->up, true);
    return true;
}

static void deliver(struct redis_bus *r, const redisReply *reply)
{
    if (reply->type != REDIS_REPLY_ARRAY || reply->elements != 3)
        return;
    redisReply *const *e = reply->element;
    if (e[0]->type != REDIS_REPLY_STRING || strcmp(e[0]->str, "message") != 0 || e[2]->type != REDIS_REPLY_STRING)
        return;
    bus_deliver(&r->base, (struct str){ e[1]->str, e[1]->len }, (struct str){ e[2]->str, e[2]->len });
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
    ssize_t ignored = read(r->wake_fd, &count, sizeof count);
    (void)ignored;
}

static bool has_publisher(struct redis_bus *r)
{
    pthread_mutex_lock(&r->publish_lock);
    bool has = r->publisher != NULL;
    pthread_mutex_unlock(&r->publish_lock);
    return has;
}

/* Waits for a message, a wake-up or the time of a question; handles it. False when the connection is to be made again. */
static bool turn(struct redis_bus *r)
{
    struct pollfd fds[2] = { { .fd = r->wake_fd, .events = POLLIN }, { .fd = r->receiver->fd, .events = POLLIN } };
    int ready = poll(fds, 2, BUS_PING_MS);
    if (ready < 0 && errno != EINTR)
        return false;
    if (fds[0].revents != 0)
        clear_wake(r);
    if (ready > 0 && fds[1].revents != 0 && !receive(r))
        return false;
    if (!has_publisher(r) || !counter_is_up(r))
        return false;
    subscribe_rest(r);
    return keep_alive(r) && send_rest(r);
}

static void back_off(struct redis_bus *r, int64_t *backoff_ms)
{
    struct pollfd fd = { .fd = r->wake_fd, .events = POLLIN };
    int64_t half_ms = *backoff_ms / 2;
    int64_t until_us = clock_monotonic_us() + (half_ms + (int64_t)rand_below((uint64_t)half_ms + 1)) * US_PER_MS;
    for (int64_t left_us; !atomic_load(&r->stopping) && (left_us = until_us - clock_monotonic_us()) > 0;)
        if (poll(&fd, 1, (int)(left_us / US_PER_MS) + 1) > 0)
            clear_wake(r);
    *backoff_ms = *backoff_ms * 2 < BUS_BACKOFF_MAX_MS ? *backoff_ms * 2 : BUS_BACKOFF_MAX_MS;
}

static void *run_thread(void *arg)
{
    struct redis_bus *r = arg;
    int64_t backoff_ms = BACKOFF_FIRST_MS;
    while (!atomic_load(&r->stopping)) {
        if (!go_up(r)) {
            back_off(r, &backoff_ms);
            continue;
        }
        backoff_ms = BACKOFF_FIRST_MS;
        bool fine = send_rest(r);
        while (fine && !atomic_load(&r->stopping))
            fine = turn(r);
        note_away(r, "the connection was lost");
        if (!fine)
            back_off(r, &backoff_ms);
    }
    return NULL;
}

/* True when Redis has taken it. */
static bool send_message(struct redis_bus *r, const char *channel, struct str payload)
{
    bool sent = false;
    blocking_begin();
    pthread_mutex_lock(&r->publish_lock);
    if (r->publisher != NULL) {
        sent = is_fine(redisCommand(r->publisher, "PUBLISH %s %b", channel, payload.ptr, payload.len));
        if (!sent) {
            redisFree(r->publisher);
            r->publisher = NULL;
        }
    }
    pthread_mutex_unlock(&r->publish_lock);
    blocking_end();
    return sent;
}

static void redis_publish(struct bus *bus, const char *channel, struct str payload)
{
    struct redis_bus *r = redis_of(bus);
    if (atomic_load(&r->up) && send_message(r, channel, payload))
        return;
    if (atomic_exchange(&r->up, false))
        wake(r);
    bus_deliver(bus, str_from(channel), payload);
}

static enum err redis_consume(struct bus *bus, const struct bus_consumption *consumption, struct bus_bucket *ret_bucket)
{
    struct redis_bus *r = redis_of(bus);
    enum err err;
    if (!atomic_load(&r->up))
        return ERR_UNAVAILABLE;
    err = redis_counter_consume(&r->counter, consumption, ret_bucket);
    if (err == ERR_UNAVAILABLE)
        wake(r);
    return err;
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
    drop_publisher(r);
    redis_counter_release(&r->counter);
    pthread_mutex_destroy(&r->publish_lock);
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
    release(r);
}

static const struct bus_ops redis_ops = {
    .kind = "redis",
    .close = redis_close,
    .is_healthy = redis_is_healthy,
    .subscribed = redis_subscribed,
    .publish = redis_publish,
    .consume = redis_consume,
};

enum err redis_bus_new(struct arena *arena, const struct redis_address *address, struct bus **ret_bus)
{
    struct redis_bus *r = calloc(1, sizeof *r);
    if (r == NULL) {
        arena_free(arena);
        return ERR_NO_MEMORY;
    }
    bus_init(&r->base, &redis_ops);
    r->arena = arena;
    r->address = *address;
    pthread_mutex_init(&r->publish_lock, NULL);
    redis_counter_init(&r->counter);
    r->wake_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    if (r->wake_fd < 0 || pthread_create(&r->thread, NULL, run_thread, r) != 0) {
        release(r);
        return ERR_NO_MEMORY;
    }
    *ret_bus = &r->base;
    return ERR_OK;
}
