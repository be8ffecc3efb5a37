#include "parley/domain/events/event_log.h"

#include <pthread.h>
#include <stdlib.h>
#include <time.h>

#include "event_reader.h"
#include "parley/bus/bus.h"
#include "parley/core/clock.h"
#include "parley/core/limits.h"
#include "parley/core/log.h"
#include "parley/core/rand.h"
#include "parley/core/thread.h"
#include "parley/core/wake.h"
#include "parley/db/db.h"
#include "parley/db/relay.h"

/* Which position was reached is in the database; the message only says: look. */
#define BUS_CHANNEL "log"

enum { RELAY_PAUSE_MAX_MS = 5, THREADS = 2 };

struct event_log {
    struct event_log_opts opts;
    struct event_reader reader;
    struct wake relay_wake, reader_wake;
    atomic_bool stopping;
    pthread_t threads[THREADS];
    int thread_count;
};

static int look_ms(const struct event_log *log)
{
    return log->opts.sink.is_watched(log->opts.sink.arg) ? EVENT_LOOK_MS : EVENT_LOOK_SELDOM_MS;
}

/* ---- the relay ---- */

struct relay {
    struct event_log *log;
    int64_t busy_since_us; /* monotonic: since when each step finds another in the way; 0: the last did not */
    bool is_fault_logged;
};

static void relay_log(struct relay *relay, enum err e)
{
    if (e != ERR_OK && !relay->is_fault_logged)
        log_event(LOG_WARN, "events cannot be given their positions", LOG_C("error", err_info(e)->code));
    if (e == ERR_OK && relay->is_fault_logged)
        log_text(LOG_INFO, "events are given their positions again");
    relay->is_fault_logged = e != ERR_OK;
}

/* Another process's step was in the way, maybe with our events. One that stays there is worth a line. */
static void relay_pause(struct relay *relay)
{
    const struct timespec pause = { .tv_nsec = (long)rand_below(RELAY_PAUSE_MAX_MS * US_PER_MS * 1000) };
    int64_t now_us = clock_monotonic_us();

    if (relay->busy_since_us == 0)
        relay->busy_since_us = now_us;
    if (now_us - relay->busy_since_us > EVENT_SILENCE_MAX_MS * US_PER_MS)
        relay_log(relay, ERR_BUSY);
    (void)nanosleep(&pause, NULL);
}

/* *ret_again: at once. */
static void relay_step(struct relay *relay, enum db_relay when, bool *ret_again)
{
    struct event_log *log = relay->log;
    int64_t moved_count = 0;
    enum err e = db_relay(log->opts.app->db, when, &moved_count);

    *ret_again = e == ERR_BUSY || (e == ERR_OK && moved_count == DB_RELAY_ROWS_MAX);
    if (e == ERR_BUSY) {
        relay_pause(relay);
        return;
    }
    relay->busy_since_us = 0;
    relay_log(relay, e);
    if (when == DB_RELAY_NOW || moved_count > 0)
        wake_signal(&log->reader_wake);
    if (moved_count > 0)
        bus_publish(log->opts.app->bus, BUS_CHANNEL, STR(""));
}

static void *relay_run(void *arg)
{
    struct event_log *log = arg;
    struct relay relay = { .log = log };
    bool again = true;

    while (!atomic_load(&log->stopping)) {
        enum db_relay when = again || wake_wait(&log->relay_wake, look_ms(log)) ? DB_RELAY_NOW : DB_RELAY_IF_ANY;

        relay_step(&relay, when, &again);
    }
    return NULL;
}

/* ---- the reader ---- */

/* A database that is away or refuses is not asked twenty times a second. */
static int reader_pause_ms(const struct event_log *log)
{
    return log->reader.is_fault_logged ? EVENT_LOOK_SELDOM_MS : look_ms(log);
}

static void *reader_run(void *arg)
{
    struct event_log *log = arg;
    bool is_more = true;

    while (!atomic_load(&log->stopping)) {
        if (!is_more)
            (void)wake_wait(&log->reader_wake, reader_pause_ms(log));
        event_reader_look(&log->reader, &is_more);
    }
    return NULL;
}

static void on_bus(void *arg, struct str channel, struct str payload)
{
    struct event_log *log = arg;

    (void)channel;
    (void)payload;
    wake_signal(&log->reader_wake);
}

/* ---- both ---- */

static enum err start(struct event_log *log, void *(*fn)(void *arg))
{
    TRY(thread_start(WORKER_STACK_BYTES, fn, log, &log->threads[log->thread_count]));
    log->thread_count++;
    return ERR_OK;
}

static enum err open_parts(struct event_log *log)
{
    log->relay_wake.fd = log->reader_wake.fd = -1;
    TRY(wake_init(&log->relay_wake));
    TRY(wake_init(&log->reader_wake));
    TRY(event_reader_init(&log->reader, &log->opts));
    if (!db_has_relay(log->opts.app->db))
        return start(log, reader_run);
    TRY(bus_subscribe(log->opts.app->bus, BUS_CHANNEL, on_bus, log));
    TRY(start(log, relay_run));
    return start(log, reader_run);
}

enum err event_log_new(const struct event_log_opts *opts, struct event_log **ret_log)
{
    struct event_log *log = calloc(1, sizeof(*log));
    enum err e;

    if (log == NULL)
        return ERR_NO_MEMORY;
    log->opts = *opts;
    e = open_parts(log);
    if (e != ERR_OK)
        event_log_free(log);
    else
        *ret_log = log;
    return e == ERR_OK ? e : ERR_NO_MEMORY;
}

void event_log_wake(struct event_log *log)
{
    wake_signal(db_has_relay(log->opts.app->db) ? &log->relay_wake : &log->reader_wake);
}

enum err event_log_stop(struct event_log *log)
{
    struct timespec until;

    atomic_store(&log->stopping, true);
    wake_signal(&log->relay_wake);
    wake_signal(&log->reader_wake);
    (void)clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += STOP_MAX_S;
    for (; log->thread_count > 0; log->thread_count--)
        if (pthread_timedjoin_np(log->threads[log->thread_count - 1], NULL, &until) != 0)
            return ERR_TIMEOUT;
    return ERR_OK;
}

void event_log_free(struct event_log *log)
{
    if (log == NULL || event_log_stop(log) != ERR_OK)
        return;
    event_reader_release(&log->reader);
    wake_release(&log->reader_wake);
    wake_release(&log->relay_wake);
    free(log);
}

/* ---- old rows ---- */

/* From the oldest on, without a hole: what lies behind the first row that is left is all there. */
enum err event_log_expire(struct ctx *ctx, int64_t *ret_count)
{
    int64_t last = 0;

    *ret_count = 0;
    TRY(db_number(ctx, SQL_EVENT_LOG_EXPIRED,
                  DB_ARGS(DB_INT(EVENT_EXPIRE_ROWS), DB_INT(ctx->now_us - ctx->config->event_log_hours * US_PER_HOUR)),
                  &last));
    return last == 0 ? ERR_OK : db_exec(ctx, SQL_EVENT_LOG_EXPIRE, DB_ARGS(DB_INT(last)), ret_count);
}
