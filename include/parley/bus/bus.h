/*
 * What the processes of one server share besides the database, through Redis where it is set: wake-ups (publish and
 * subscribe) and buckets of tokens. What is published may be lost (a process that is away does not get it later, nor what
 * a full queue had no room for), so it only says "look": the truth is in the database. The two fail apart: each has its own
 * connections and its own thread that makes them, and goes on while the other's is lost.
 */
#ifndef PARLEY_BUS_BUS_H
#define PARLEY_BUS_BUS_H

#include <stdbool.h>
#include <stdint.h>

#include "parley/core/buf.h"
#include "parley/core/config.h"
#include "parley/core/err.h"
#include "parley/core/str.h"

struct bus;

/*
 * Opens the bus that the configuration names (REDIS_URL, else REDIS_HOST, else none) and starts its threads. Redis need
 * not be there: they connect, and connect again, by themselves; its loss is logged once, and once when it is back.
 * Errors: ERR_INVALID (with one line in ret_error_text: REDIS_URL cannot be read, rediss:), ERR_NO_MEMORY.
 * The caller closes it with bus_close. config is needed during the call only.
 */
enum err bus_open(const struct config *config, struct buf *ret_error_text, struct bus **ret_bus) MUST_CHECK;
/*
 * Names the server that all of its processes are of: others that share the Redis hear nothing of it, nor it of them. Once,
 * before anything is subscribed or published. realm: letters and digits, BUS_REALM_MAX_BYTES at most.
 */
void bus_set_realm(struct bus *bus, struct str realm);
/*
 * At the start, and for an operator who asks: whether Redis, where it is set, answers and takes our password. ERR_OK, also
 * where none is set; ERR_UNAVAILABLE (away, or not ready), ERR_FORBIDDEN (it refuses us, which an administrator must mend) or
 * ERR_INVALID with one line in ret_error_text; ERR_NO_MEMORY. Blocks, a few times BUS_CONNECT_MAX_MS at
 * most.
 */
enum err bus_check(const struct config *config, struct buf *ret_error_text) MUST_CHECK;
/* Sends what waits, ends the threads; no callback runs afterwards. Nobody may publish any more. NULL is fine. */
void bus_close(struct bus *bus);
/* "local" or "redis". */
const char *bus_kind(const struct bus *bus);
/* Whether what is published now would reach the other processes. Any thread. Costs nothing. */
bool bus_is_healthy(struct bus *bus);
/* The same, where there are such: false without Redis. Any thread. Costs nothing. */
bool bus_reaches_others(struct bus *bus);

/*
 * Borrowed until it returns. Runs on the bus's thread, or on the publisher's where there is no Redis or it is away; must be
 * quick.
 */
typedef void (*bus_fn)(void *arg, struct str channel, struct str payload);
/*
 * Calls fn for everything that is published on the channel from now on, in this process or another. channel: static,
 * at most BUS_CHANNEL_MAX_BYTES. There is no way back but bus_close. Returns ERR_OK, or ERR_LIMIT behind
 * BUS_SUBSCRIPTIONS_MAX. Any thread, but not from inside fn.
 */
enum err bus_subscribe(struct bus *bus, const char *channel, bus_fn fn, void *arg) MUST_CHECK;
/*
 * Publishes any bytes, to this process too. Never waits for Redis: a copy goes into a queue that the bus's thread sends
 * from. Where the queue is full (BUS_QUEUE_MAX_BYTES: Redis hangs) the oldest messages are dropped and counted; nobody gets
 * them, and nothing is lost but time, as whoever is not woken looks by itself. While Redis is away this process gets it all
 * the same, the others do not. Any thread, but not from inside fn.
 */
void bus_publish(struct bus *bus, const char *channel, struct str payload);
/* How many messages a full queue has dropped since the start. Any thread. */
int64_t bus_dropped_count(struct bus *bus);

struct bus_stats {
    int64_t up;                               /* bus_is_healthy */
    int64_t published_count, delivered_count; /* messages since the start */
    int64_t dropped_count;
};
/* Any thread. */
void bus_stats(struct bus *bus, struct bus_stats *ret_stats);

/* A bucket that fills up evenly, as one process sees it. */
struct bus_consumption {
    struct str key;       /* its name, any bytes */
    int64_t token_us;     /* the time in which one token comes back; above 0 */
    int64_t burst_us;     /* the time in which the empty bucket is full: token_us times the tokens that it holds */
    int64_t spent_count;  /* tokens given out by this process since its last report; negative: some come back */
    int64_t wanted_count; /* 1: one more, if there is one; 0: only look */
};
/* The bucket afterwards. */
struct bus_bucket {
    bool has_room;         /* there was a token; where one was wanted, it is taken */
    int64_t until_full_us; /* from now; 0: it is full */
};
/*
 * Synchronises with the bucket that all processes share: one atomic step, one round trip. Waits at most
 * BUS_SPEND_TURN_MAX_MS + BUS_SPEND_ANSWER_MAX_MS. ERR_UNAVAILABLE: there is no Redis, or it is away or slow; ERR_TIMEOUT:
 * others were waiting for it too long. After an error the caller goes by what it knows itself. Any thread.
 */
enum err bus_consume(struct bus *bus, const struct bus_consumption *consumption,
                     struct bus_bucket *ret_bucket) MUST_CHECK;

#endif
