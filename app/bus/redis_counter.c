#include "redis_counter.h"

#include <string.h>
#include <time.h>

#include "parley/core/blocking.h"
#include "parley/core/clock.h"
#include "parley/core/limits.h"

/*
 * A bucket is the moment at which it will be full again, by Redis' own clock, so processes' clocks need not agree. It is
 * gone by itself a second after that. KEYS: the bucket. ARGV: time of a token, time of the whole bucket, tokens spent
 * before, tokens wanted now.
 */
static const char script[] = "local t = redis.call('TIME')\n"
                             "local now = t[1] * 1000000 + t[2]\n"
                             "local token, burst = tonumber(ARGV[1]), tonumber(ARGV[2])\n"
                             "local full = math.max(tonumber(redis.call('GET', KEYS[1]) or 0), now)\n"
                             "full = math.min(full + ARGV[3] * token, now + burst)\n"
                             "local room = full + token <= now + burst\n"
                             "if room then full = full + ARGV[4] * token end\n"
                             "if full <= now then\n"
                             "  redis.call('DEL', KEYS[1])\n"
                             "  return {room and 1 or 0, 0}\n"
                             "end\n"
                             "redis.call('SET', KEYS[1], string.format('%.0f', full),\n"
                             "           'PX', math.ceil((full - now) / 1000) + 1000)\n"
                             "return {room and 1 or 0, full - now}\n";

/* Gives the script to the server. Without its id the script itself is sent each time. */
static void load_script(redisContext *context, char ret_id[SCRIPT_ID_BYTES])
{
    redisReply *reply = redisCommand(context, "SCRIPT LOAD %s", script);
    ret_id[0] = '\0';
    if (reply != NULL && reply->type == REDIS_REPLY_STRING && reply->len == SCRIPT_ID_BYTES - 1)
        memcpy(ret_id, reply->str, SCRIPT_ID_BYTES);
    freeReplyObject(reply);
}

/* ---- the thread ---- */

static redisContext *connect_counter(const struct redis_address *address, char ret_script_id[SCRIPT_ID_BYTES])
{
    char why[REDIS_WHY_BYTES]; /* the publishing side says it: they have one server */
    redisContext *context = redis_connection_new(address, why);
    if (context == NULL)
        return NULL;
    load_script(context, ret_script_id);
    redis_connection_limit(context, BUS_SPEND_ANSWER_MAX_MS);
    return context;
}

/* Locked but while it connects. */
static void reconnect(struct redis_counter *counter, int64_t *backoff_ms)
{
    char script_id[SCRIPT_ID_BYTES];
    redisContext *context;
    pthread_mutex_unlock(&counter->lock);
    context = connect_counter(counter->address, script_id);
    pthread_mutex_lock(&counter->lock);
    counter->context = context;
    if (context == NULL) {
        int64_t until_us = clock_monotonic_us() + redis_backoff_next(backoff_ms) * US_PER_MS;
        const struct timespec until = clock_deadline(until_us);
        while (!counter->stopping && pthread_cond_timedwait(&counter->changed, &counter->lock, &until) == 0)
            continue;
        return;
    }
    memcpy(counter->script_id, script_id, SCRIPT_ID_BYTES);
    *backoff_ms = 0;
}

static void *run_thread(void *arg)
{
    struct redis_counter *counter = arg;
    int64_t backoff_ms = 0;
    pthread_mutex_lock(&counter->lock);
    while (!counter->stopping) {
        if (counter->context == NULL)
            reconnect(counter, &backoff_ms);
        else
            pthread_cond_wait(&counter->changed, &counter->lock);
    }
    pthread_mutex_unlock(&counter->lock);
    return NULL;
}

static void release(struct redis_counter *counter)
{
    if (counter->context != NULL)
        redisFree(counter->context);
    pthread_cond_destroy(&counter->changed);
    pthread_mutex_destroy(&counter->lock);
}

enum err redis_counter_start(struct redis_counter *counter, const struct redis_address *address)
{
    pthread_condattr_t attr;
    *counter = (struct redis_counter){ .address = address };
    pthread_mutex_init(&counter->lock, NULL);
    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_cond_init(&counter->changed, &attr);
    pthread_condattr_destroy(&attr);
    if (pthread_create(&counter->thread, NULL, run_thread, counter) == 0)
        return ERR_OK;
    release(counter);
    return ERR_NO_MEMORY;
}

void redis_counter_stop(struct redis_counter *counter)
{
    pthread_mutex_lock(&counter->lock);
    counter->stopping = true;
    pthread_cond_signal(&counter->changed);
    pthread_mutex_unlock(&counter->lock);
    pthread_join(counter->thread, NULL);
    release(counter);
}

/* ---- asking ---- */

/* verb: EVALSHA with the script's id, or EVAL with the script. */
static redisReply *ask(redisContext *context, const char *verb, const char *what, const struct bus_consumption *s)
{
    return redisCommand(context, "%s %s 1 %b %lld %lld %lld %lld", verb, what, s->key.ptr, s->key.len,
                        (long long)s->token_us, (long long)s->burst_us, (long long)s->spent_count,
                        (long long)s->wanted_count);
}

static bool is_unknown_script(const redisReply *reply)
{
    return reply != NULL && reply->type == REDIS_REPLY_ERROR && strncmp(reply->str, "NOSCRIPT", 8) == 0;
}

static bool is_bucket(const redisReply *reply)
{
    return reply != NULL && reply->type == REDIS_REPLY_ARRAY && reply->elements == 2 &&
           reply->element[0]->type == REDIS_REPLY_INTEGER && reply->element[1]->type == REDIS_REPLY_INTEGER;
}

/* Under the lock. */
static enum err consume(struct redis_counter *counter, const struct bus_consumption *consumption,
                        struct bus_bucket *ret_bucket)
{
    redisReply *reply;
    if (counter->context == NULL)
        return ERR_UNAVAILABLE;
    reply = ask(counter->context, "EVALSHA", counter->script_id, consumption);
    if (is_unknown_script(reply)) {
        freeReplyObject(reply);
        reply = ask(counter->context, "EVAL", script, consumption);
    }
    if (!is_bucket(reply)) {
        freeReplyObject(reply);
        redisFree(counter->context);
        counter->context = NULL;
        pthread_cond_signal(&counter->changed);
        return ERR_UNAVAILABLE;
    }
    *ret_bucket = (struct bus_bucket){ reply->element[0]->integer != 0, reply->element[1]->integer };
    freeReplyObject(reply);
    return ERR_OK;
}

/* False when others have held the connection for too long. */
static bool lock_soon(struct redis_counter *counter)
{
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_nsec += BUS_SPEND_TURN_MAX_MS * 1000 * US_PER_MS;
    until.tv_sec += until.tv_nsec / 1000000000;
    until.tv_nsec %= 1000000000;
    return pthread_mutex_timedlock(&counter->lock, &until) == 0;
}

enum err redis_counter_consume(struct redis_counter *counter, const struct bus_consumption *consumption,
                               struct bus_bucket *ret_bucket)
{
    enum err e = ERR_TIMEOUT;
    blocking_begin();
    if (lock_soon(counter)) {
        e = consume(counter, consumption, ret_bucket);
        pthread_mutex_unlock(&counter->lock);
    }
    blocking_end();
    return e;
}
