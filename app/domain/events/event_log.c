#include "parley/domain/events/event_log.h"

#include <pthread.h>
#include <stdlib.h>
#include <time.h>

#include "event_reader.h"
#include "event_relay.h"
#include "parley/bus/bus.h"
#include "parley/core/clock.h"
#include "parley/core/limits.h"
#include "parley/core/thread.h"
#include "parley/core/wake.h"
#include "parley/db/db.h"
#include "parley/db/relay.h"

enum { THREADS = 2 };

struct event_log {
    struct event_log_opts opts;
    struct event_reader reader;
    struct event_relay relay; /* where the database needs one */
    struct wake relay_wake, reader_wake;
    atomic_bool stopping;
    pthread_t threads[THREADS];
    int thread_count;
};

static bool is_watched(const struct event_log *log)
{
    return log->opts.sink.is_watched(log->opts.sink.arg);
}

static int look_ms(const struct event_log *log)
{
    return is_watched(log) ? EVENT_LOOK_MS : EVENT_LOOK_SELDOM_MS;
}

/* ---- the relay ---- */

static void *relay_run(void *arg)
{
    struct event_log *log = arg;

    while (!atomic_load(&log->stopping))
        event_relay_turn(&log->relay);
    event_relay_end(&log->relay);
    return NULL;
}

/* ---- the reader ---- */

/* A database that is away or refuses is not asked twenty times a second. */
static int reader_pause_ms(const struct event_log *log)
{
    return log->reader.is_fault_logged ? EVENT_LOOK_SELDOM_MS : look_ms(log);
}

/* Where nobody listens, wake-ups wait for the next look, which then has much to read at once. */
static void reader_wait(struct event_log *log)
{
    int64_t left_us, until_us = clock_monotonic_us() + EVENT_LOOK_SELDOM_MS * US_PER_MS;
    bool is_woken = wake_wait(&log->reader_wake, reader_pause_ms(log));

    while (is_woken && !is_watched(log) && !atomic_load(&log->stopping) &&
           (left_us = until_us - clock_monotonic_us()) > 0)
        is_woken = wake_wait(&log->reader_wake, (int)(left_us / US_PER_MS) + 1);
}

static void *reader_run(void *arg)
{
    struct event_log *log = arg;
    bool is_more = true;

    while (!atomic_load(&log->stopping)) {
        if (!is_more)
            reader_wait(log);
        event_reader_look(&log->reader, &is_more);
    }
    return NULL;
}

static void on_bus(void *arg, struct str channel, struct str payload)
{
    struct event_log *log = arg;

    (void)channel;
    if (str_eq_c(payload, EVENT_BUS_COMMITTED))
        event_relay_heard(&log->relay);
    else
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
    TRY(event_relay_init(&log->relay, &log->opts, &log->relay_wake, &log->reader_wake));
    TRY(start(log, relay_run));
    TRY(start(log, reader_run));
    /* Last, and once: there is no way back. */
    return bus_subscribe(log->opts.app->bus, EVENT_BUS_CHANNEL, on_bus, log);
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
    event_relay_release(&log->relay);
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
