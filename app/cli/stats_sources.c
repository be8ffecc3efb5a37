#include "stats_sources.h"

#include <assert.h>

#include "parley/auth/hasher.h"
#include "parley/bus/bus.h"
#include "parley/core/build.h"
#include "parley/core/limits.h"
#include "parley/core/usage.h"
#include "parley/db/db.h"
#include "parley/domain/talk/ephemeral.h"
#include "parley/gate/gate.h"
#include "parley/jobs/jobs.h"
#include "parley/live/hub.h"
#include "parley/mail/mailer.h"
#include "parley/objects/store.h"
#include "runtime.h"

/* clang-format off */
#define FIGURE(shape, series_name, kind, member) \
    .series = (series_name), .type = (kind), .offset = offsetof(struct shape, member)
/* clang-format on */

/* ---- the build and the process ---- */

struct one {
    int64_t one;
};
static const struct stats_figure build_figures[] = {
    { FIGURE(one, "parley_build_info", STATS_GAUGE, one), .help = "Which build of the program this is; always 1" },
};
static const struct stats_shape build_shape = STATS_SHAPE(struct one, build_figures, "version", "build");

static void build_rows(void *arg, struct stats_rows *rows)
{
    const char *const values[STATS_LABELS_MAX] = { PARLEY_VERSION, arena_cstr(rows->arena, build_id(rows->arena)) };
    struct one *one = stats_row_add(rows, values);

    (void)arg;
    if (one != NULL)
        one->one = 1;
}

#define PROCESS(name, kind, member) FIGURE(process_usage, "process_" name, kind, member)
static const struct stats_figure process_figures[] = {
    { PROCESS("cpu_seconds_total", STATS_COUNTER, cpu_us), .unit = STATS_US,
      .help = "Processor time of all threads, in seconds" },
    { PROCESS("resident_memory_bytes", STATS_GAUGE, resident_bytes), .help = "Memory that the process has in use" },
    { PROCESS("open_fds", STATS_GAUGE, descriptor_count), .help = "Open descriptors" },
    { PROCESS("max_fds", STATS_GAUGE, descriptor_max), .help = "Descriptors that may be open" },
    { PROCESS("threads", STATS_GAUGE, thread_count), .help = "Threads" },
    { PROCESS("start_time_seconds", STATS_GAUGE, started_us), .unit = STATS_US,
      .help = "When the process was started, in seconds since 1970" },
};
static const struct stats_shape process_shape = STATS_SHAPE(struct process_usage, process_figures, NULL);

static void process_rows(void *arg, struct stats_rows *rows)
{
    struct process_usage *usage = stats_row_add(rows, NULL);

    (void)arg;
    if (usage != NULL)
        process_usage(usage);
}

/* ---- requests ---- */

#define ROUTE(name, kind, member) FIGURE(tally_route_stats, "parley_http_" name, kind, member)
static const struct stats_figure route_figures[] = {
    { ROUTE("requests_total", STATS_COUNTER, count), .help = "Requests that were answered" },
    { ROUTE("request_duration_seconds", STATS_HISTOGRAM, duration),
      .help = "Time from accepting a request to having sent its answer" },
};
static const struct stats_shape route_shape = STATS_SHAPE(struct tally_route_stats, route_figures, "method", "route",
                                                          "class");

static void route_row(void *arg, const struct tally_route *route, const struct tally_route_stats *stats)
{
    const char *const values[STATS_LABELS_MAX] = { route->method, route->path, route->status_class };
    struct tally_route_stats *row = stats_row_add(arg, values);

    if (row != NULL)
        *row = *stats;
}

static void route_rows(void *arg, struct stats_rows *rows)
{
    const struct runtime *runtime = arg;

    tally_each_route(gate_tally(runtime->gate), route_row, rows);
}

struct error_count {
    int64_t count;
};
static const struct stats_figure error_figures[] = {
    { FIGURE(error_count, "parley_http_errors_total", STATS_COUNTER, count),
      .help = "Requests that ended in an error, by its code" },
};
static const struct stats_shape error_shape = STATS_SHAPE(struct error_count, error_figures, "code");

/* No two errors share a code. */
static void error_rows(void *arg, struct stats_rows *rows)
{
    const struct runtime *runtime = arg;

    for (enum err e = ERR_OK + 1; e < ERR_COUNT_; e++) {
        const char *const values[STATS_LABELS_MAX] = { err_info(e)->code };
        int64_t count = tally_error_count(gate_tally(runtime->gate), e);
        struct error_count *row = count > 0 ? stats_row_add(rows, values) : NULL;

        if (row != NULL)
            row->count = count;
    }
}

struct request_figures {
    struct tally_stats tally;
    struct gate_stats gate;
    int64_t arena_limit_bytes;
};
static const struct stats_figure request_figures[] = {
    { FIGURE(request_figures, "parley_http_handed_over_total", STATS_COUNTER, tally.handed_over_count),
      .help = "Requests whose connection was handed over: streams and answers that come later" },
    { FIGURE(request_figures, "parley_http_database_statements_total", STATS_COUNTER, tally.statement_count),
      .help = "Statements that requests have run on the database" },
    { FIGURE(request_figures, "parley_http_arena_max_bytes", STATS_GAUGE, tally.arena_max_bytes),
      .help = "Memory of the request that took most, since the start" },
    { FIGURE(request_figures, "parley_http_arena_limit_bytes", STATS_GAUGE, arena_limit_bytes),
      .help = "Memory that a request may take" },
    { FIGURE(request_figures, "parley_uploads", STATS_GAUGE, gate.upload_count), .help = "Uploads under way" },
    { FIGURE(request_figures, "parley_uploads_limit", STATS_GAUGE, gate.upload_max),
      .help = "Uploads that may be under way at once" },
    { FIGURE(request_figures, "parley_uploads_refused_total", STATS_COUNTER, gate.upload_refused_count),
      .help = "Uploads that were refused since too many were under way" },
};
static const struct stats_shape request_shape = STATS_SHAPE(struct request_figures, request_figures, NULL);

static void request_rows(void *arg, struct stats_rows *rows)
{
    const struct runtime *runtime = arg;
    struct request_figures *row = stats_row_add(rows, NULL);

    if (row == NULL)
        return;
    tally_stats(gate_tally(runtime->gate), &row->tally);
    gate_stats(runtime->gate, &row->gate);
    row->arena_limit_bytes = REQUEST_ARENA_BYTES;
}

#define WORKERS(state, member) \
    FIGURE(server_stats, "parley_workers", STATS_GAUGE, member), .label = "state", .value = (state)
static const struct stats_figure worker_figures[] = {
    { WORKERS("sleeping", sleeping_count), .help = "Threads that answer requests, by what they do" },
    { WORKERS("accepting", accepting_count) },
    { WORKERS("running", running_count) },
    { WORKERS("blocked", blocked_count) },
    { WORKERS("yielding", yielding_count) },
    { FIGURE(server_stats, "parley_workers_limit", STATS_GAUGE, busy_max),
      .help = "Requests that run at once: WORKERS" },
};
static const struct stats_shape worker_shape = STATS_SHAPE(struct server_stats, worker_figures, NULL);

static void worker_rows(void *arg, struct stats_rows *rows)
{
    struct server *server = atomic_load(&((struct runtime *)arg)->server);
    struct server_stats *row = server != NULL ? stats_row_add(rows, NULL) : NULL;

    if (row != NULL)
        server_stats(server, row);
}

/* ---- the parts below ---- */

#define POOL(name, kind, member) FIGURE(db_pool_stats, "parley_db_" name, kind, member)
static const struct stats_figure pool_figures[] = {
    { POOL("connections", STATS_GAUGE, total_count), .help = "Connections to the database, in use and idle" },
    { POOL("connections_idle", STATS_GAUGE, idle_count), .help = "Those that nobody uses" },
    { POOL("connections_limit", STATS_GAUGE, max_count), .help = "Connections that there may be" },
    { POOL("waiting", STATS_GAUGE, waiting_count), .help = "Threads that wait for a connection" },
    { POOL("checkouts_total", STATS_COUNTER, checkout_count), .help = "How often a connection was asked for" },
    { POOL("checkouts_refused_total", STATS_COUNTER, busy_count), .help = "How often none was free in time" },
    { POOL("wait_seconds_total", STATS_COUNTER, wait_us), .unit = STATS_US,
      .help = "Time spent waiting for a connection" },
    { POOL("connect_failures_total", STATS_COUNTER, connect_failed_count),
      .help = "Connections that could not be opened" },
    { POOL("away", STATS_GAUGE, away), .help = "1 while the database cannot be reached, as the last try has shown" },
};
static const struct stats_shape pool_shape = STATS_SHAPE(struct db_pool_stats, pool_figures, "pool");

static void pool_rows(void *arg, struct stats_rows *rows)
{
    const struct runtime *runtime = arg;
    struct db_pool_stats stats;

    for (size_t i = 0; db_pool_stats(runtime->app.db, i, &stats); i++) {
        const char *const values[STATS_LABELS_MAX] = { stats.name };
        struct db_pool_stats *row = stats_row_add(rows, values);

        if (row != NULL)
            *row = stats;
    }
}

#define HASHER(name, kind, member) FIGURE(hasher_stats, "parley_hash_" name, kind, member)
static const struct stats_figure hasher_figures[] = {
    { HASHER("queue_length", STATS_GAUGE, waiting_count), .help = "Passwords that wait to be hashed" },
    { HASHER("queue_limit", STATS_GAUGE, waiting_max), .help = "Passwords that may wait" },
    { HASHER("threads", STATS_GAUGE, thread_count), .help = "Threads that hash at idle priority" },
    { HASHER("requests_total", STATS_COUNTER, done_count), .label = "outcome", .value = "done",
      .help = "Passwords to hash, by what became of them" },
    { HASHER("requests_total", STATS_COUNTER, refused_count), .label = "outcome", .value = "refused" },
    { HASHER("requests_total", STATS_COUNTER, gone_count), .label = "outcome", .value = "client_gone" },
    { HASHER("wait_seconds_total", STATS_COUNTER, wait_us), .unit = STATS_US,
      .help = "Time from asking for a hash to its end, all together" },
};
static const struct stats_shape hasher_shape = STATS_SHAPE(struct hasher_stats, hasher_figures, NULL);

static void hasher_rows(void *arg, struct stats_rows *rows)
{
    const struct runtime *runtime = arg;
    struct hasher_stats *row = stats_row_add(rows, NULL);

    if (row != NULL)
        hasher_stats(runtime->app.hasher, row);
}

#define JOB(name, kind, member) FIGURE(job_stats, "parley_job_" name, kind, member)
static const struct stats_figure job_figures[] = {
    { JOB("runs_total", STATS_COUNTER, run_count), .help = "Runs of a job in this process" },
    { JOB("failures_total", STATS_COUNTER, failed_count), .help = "Runs and looks that ended in an error" },
    { JOB("work_total", STATS_COUNTER, done_count), .help = "Pieces of work that it has done" },
    { JOB("busy_seconds_total", STATS_COUNTER, busy_us), .unit = STATS_US, .help = "Time in which it ran or looked" },
    { JOB("last_success_timestamp_seconds", STATS_GAUGE, done_us), .unit = STATS_US,
      .help = "When it last ran or looked without an error; 0 before" },
    { JOB("failing", STATS_GAUGE, failing), .help = "1 while its last run or look ended in an error" },
};
static const struct stats_shape job_shape = STATS_SHAPE(struct job_stats, job_figures, "name", "lane");

static void job_rows(void *arg, struct stats_rows *rows)
{
    struct jobs *jobs = atomic_load(&((struct runtime *)arg)->jobs);
    struct job_stats stats;

    for (size_t i = 0; jobs != NULL && jobs_stats(jobs, i, &stats); i++) {
        const char *const values[STATS_LABELS_MAX] = { stats.name, stats.lane };
        struct job_stats *row = stats_row_add(rows, values);

        if (row != NULL)
            *row = stats;
    }
}

#define BUS(name, kind, member) FIGURE(bus_stats, "parley_bus_" name, kind, member)
static const struct stats_figure bus_figures[] = {
    { BUS("up", STATS_GAUGE, up), .help = "1 while wake-ups reach other processes, or there are none to reach" },
    { BUS("published_total", STATS_COUNTER, published_count), .help = "Messages to all processes" },
    { BUS("delivered_total", STATS_COUNTER, delivered_count), .help = "Messages that came here" },
    { BUS("dropped_total", STATS_COUNTER, dropped_count), .help = "Messages that a full queue has dropped" },
};
static const struct stats_shape bus_shape = STATS_SHAPE(struct bus_stats, bus_figures, "kind");

static void bus_rows(void *arg, struct stats_rows *rows)
{
    const struct runtime *runtime = arg;
    const char *const values[STATS_LABELS_MAX] = { bus_kind(runtime->app.bus) };
    struct bus_stats *row = stats_row_add(rows, values);

    if (row != NULL)
        bus_stats(runtime->app.bus, row);
}

#define STORE(name, kind, member) FIGURE(store_stats, "parley_store_" name, kind, member)
static const struct stats_figure store_figures[] = {
    { STORE("operations_total", STATS_COUNTER, call_count), .help = "Calls of the object store" },
    { STORE("failures_total", STATS_COUNTER, failed_count), .help = "Those that failed: away, refused, full" },
    { STORE("operation_seconds_total", STATS_COUNTER, took_us), .unit = STATS_US, .help = "Time that they took" },
};
static const struct stats_shape store_shape = STATS_SHAPE(struct store_stats, store_figures, "kind", "operation");

static void store_rows(void *arg, struct stats_rows *rows)
{
    const struct runtime *runtime = arg;
    struct store *store = runtime->app.store;
    struct store_stats stats;

    for (size_t i = 0; store_stats(store, i, &stats); i++) {
        const char *const values[STATS_LABELS_MAX] = { store_kind(store), stats.operation };
        struct store_stats *row = stats_row_add(rows, values);

        if (row != NULL)
            *row = stats;
    }
}

#define MAILS(outcome, member) \
    FIGURE(mailer_stats, "parley_mails_total", STATS_COUNTER, member), .label = "outcome", .value = (outcome)
static const struct stats_figure mail_figures[] = {
    { FIGURE(mailer_stats, "parley_mail_down", STATS_GAUGE, down),
      .help = "1 while the mail server is away or refuses our credentials" },
    { MAILS("sent", sent_count), .help = "Mails that were handed to the mail server, by what it said" },
    { MAILS("put_off", later_count) },
    { MAILS("refused", refused_count) },
    { MAILS("away", away_count) },
};
static const struct stats_shape mail_shape = STATS_SHAPE(struct mailer_stats, mail_figures, NULL);

/* No rows where no mail server is set. */
static void mail_rows(void *arg, struct stats_rows *rows)
{
    const struct runtime *runtime = arg;
    struct mailer_stats *row = runtime->app.mailer != NULL ? stats_row_add(rows, NULL) : NULL;

    if (row != NULL)
        mailer_stats(runtime->app.mailer, row);
}

/* ---- streams and events ---- */

#define HUB(name, kind, member) FIGURE(hub_stats, "parley_" name, kind, member)
static const struct stats_figure hub_figures[] = {
    { HUB("streams", STATS_GAUGE, stream_count), .help = "Event streams that are open" },
    { HUB("streams_held", STATS_GAUGE, held_count),
      .help = "Those that are told nothing until their rights are looked at" },
    { HUB("parked_requests", STATS_GAUGE, parked_count), .help = "Requests whose answer comes later" },
    { HUB("streams_opened_total", STATS_COUNTER, opened_count), .help = "Streams that were opened" },
    { HUB("streams_refused_total", STATS_COUNTER, refused_count),
      .help = "Streams that were refused since there were too many" },
    { HUB("streams_checked_total", STATS_COUNTER, check_count), .help = "Looks at the rights of a stream" },
    { HUB("streams_overrun_total", STATS_COUNTER, overrun_count),
      .help = "Times that all streams were ended since the process was too far behind the event log" },
    { HUB("events_total", STATS_COUNTER, event_count), .help = "Events of the log that came here" },
    { HUB("events_written_total", STATS_COUNTER, written_count), .help = "Events written, each to one stream" },
    { HUB("event_position", STATS_GAUGE, position), .help = "Position in the event log up to which streams were told" },
    { HUB("signals_total", STATS_COUNTER, signal_count), .help = "Signals that are never stored: typing and the like" },
    { HUB("signals_dropped_total", STATS_COUNTER, dropped_count),
      .help = "Signals for which a full queue had no room" },
};
static const struct stats_shape hub_shape = STATS_SHAPE(struct hub_stats, hub_figures, NULL);

static void hub_rows(void *arg, struct stats_rows *rows)
{
    const struct runtime *runtime = arg;
    struct hub_stats *row = runtime->app.hub != NULL ? stats_row_add(rows, NULL) : NULL;

    if (row != NULL)
        hub_stats(runtime->app.hub, row);
}

struct stream_ends {
    int64_t count;
};
static const struct stats_figure end_figures[] = {
    { FIGURE(stream_ends, "parley_streams_ended_total", STATS_COUNTER, count),
      .help = "Streams that have ended, by why" },
};
static const struct stats_shape end_shape = STATS_SHAPE(struct stream_ends, end_figures, "reason");

static void end_rows(void *arg, struct stats_rows *rows)
{
    const struct runtime *runtime = arg;
    struct hub_stats stats = { .stream_count = 0 };

    if (runtime->app.hub == NULL)
        return;
    hub_stats(runtime->app.hub, &stats);
    for (int end = 0; end < STREAM_END_COUNT_; end++) {
        const char *const values[STATS_LABELS_MAX] = { stream_end_name((enum stream_end)end) };
        struct stream_ends *row = values[0] != NULL ? stats_row_add(rows, values) : NULL;

        if (row != NULL)
            row->count = stats.end_counts[end];
    }
}

#define EPHEMERAL(name, member) FIGURE(ephemeral_stats, "parley_" name, STATS_COUNTER, member)
static const struct stats_figure ephemeral_figures[] = {
    { EPHEMERAL("presence_events_total", told_count), .help = "Times that a workspace was told who came or went" },
    { EPHEMERAL("signal_rows_total", written_count), .help = "Signals told to other processes through the database" },
    { EPHEMERAL("signal_rows_dropped_total", dropped_count), .help = "Those for which there was no room" },
};
static const struct stats_shape ephemeral_shape = STATS_SHAPE(struct ephemeral_stats, ephemeral_figures, NULL);

static void ephemeral_rows(void *arg, struct stats_rows *rows)
{
    const struct runtime *runtime = arg;
    struct ephemeral_stats *row = stats_row_add(rows, NULL);

    if (row != NULL)
        ephemeral_stats(runtime->app.ephemeral, row);
}

/* ---- all of them ---- */

void stats_sources_set(struct runtime *runtime)
{
    const struct stats_source sources[] = {
        { "build", &build_shape, build_rows, NULL },
        { "process", &process_shape, process_rows, NULL },
        { "routes", &route_shape, route_rows, runtime },
        { "errors", &error_shape, error_rows, runtime },
        { "requests", &request_shape, request_rows, runtime },
        { "workers", &worker_shape, worker_rows, runtime },
        { "database", &pool_shape, pool_rows, runtime },
        { "hasher", &hasher_shape, hasher_rows, runtime },
        { "jobs", &job_shape, job_rows, runtime },
        { "bus", &bus_shape, bus_rows, runtime },
        { "store", &store_shape, store_rows, runtime },
        { "mail", &mail_shape, mail_rows, runtime },
        { "hub", &hub_shape, hub_rows, runtime },
        { "stream ends", &end_shape, end_rows, runtime },
        { "ephemeral", &ephemeral_shape, ephemeral_rows, runtime },
    };

    static_assert(COUNT_OF(sources) <= STATS_SOURCES_MAX, "more sources of figures than there is room for");
    memcpy(runtime->sources, sources, sizeof(sources));
    runtime->app.stats = runtime->sources;
    runtime->app.stats_count = COUNT_OF(sources);
}
