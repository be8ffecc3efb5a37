/*
 * What keeps the event log going in a process: the relay, which gives committed events their positions where the database
 * needs one, and the reader, which tells the hub of each. A thread each:
 *
 *   commit ──event_log_wake──▶ relay ──▶ reader ──▶ sink (the hub)
 *                                │          ▲
 *                             bus "log" ────┘ also of the other processes
 *
 * Both look again by themselves, every EVENT_LOOK_MS while streams are open and every EVENT_LOOK_SELDOM_MS else: a process that
 * dies behind its commit, or a wake-up that is lost, costs no more than that. Where the database is away they try again.
 */
#ifndef PARLEY_DOMAIN_EVENT_LOG_H
#define PARLEY_DOMAIN_EVENT_LOG_H

#include "parley/core/ctx.h"
#include "parley/core/err.h"
#include "parley/domain/events/event_row.h"
#include "parley/live/event.h"

struct event_log;

/* Borrowed until event_log_free. */
struct event_log_opts {
    const struct app *app; /* its database and bus must be there */
    struct live_sink sink;
    event_content_fn content;
};
/* Starts both threads, which wait until the database may be used. opts: copied. ERR_NO_MEMORY. */
enum err event_log_new(const struct event_log_opts *opts, struct event_log **ret_log) MUST_CHECK;
/* After a commit that added events (OUTCOME_EVENTS). Any thread; costs nothing. */
void event_log_wake(struct event_log *log);
/*
 * Ends both threads; the sink is not called any more. ERR_TIMEOUT: one hangs in a call to the database after STOP_MAX_S; then
 * nothing may be freed, and the process ends with _exit.
 */
enum err event_log_stop(struct event_log *log) MUST_CHECK;
/* After event_log_stop that was ERR_OK, or instead of it. NULL is fine. */
void event_log_free(struct event_log *log);

/* For the job: deletes a batch of rows older than EVENT_LOG_HOURS; *ret_count 0: none are left. */
enum err event_log_expire(struct ctx *ctx, int64_t *ret_count) MUST_CHECK;

#endif
