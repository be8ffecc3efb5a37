#include "runtime.h"

#include "database_lock.h"
#include "parley/ai/engine.h"
#include "parley/ai/probe.h"
#include "parley/auth/hasher.h"
#include "parley/auth/keys.h"
#include "parley/auth/totp.h"
#include "parley/bus/bus.h"
#include "parley/core/clock.h"
#include "parley/core/json_in.h"
#include "parley/core/limits.h"
#include "parley/core/log.h"
#include "parley/core/thread.h"
#include "parley/db/db.h"
#include "parley/domain/assist/recorder.h"
#include "parley/domain/events/event_log.h"
#include "parley/domain/people/author_cache.h"
#include "parley/domain/record/security_log.h"
#include "parley/domain/talk/access_cache.h"
#include "parley/domain/talk/ephemeral.h"
#include "parley/domain/talk/typing.h"
#include "parley/domain/trust/auth_cache.h"
#include "parley/domain/trust/revocation.h"
#include "parley/egress/egress.h"
#include "parley/egress/loop.h"
#include "parley/gate/gate.h"
#include "parley/http/server.h"
#include "parley/jobs/jobs.h"
#include "parley/live/hub.h"
#include "parley/live/signal.h"
#include "parley/mail/mailer.h"
#include "parley/objects/store.h"
#include "parley/push/push.h"
#include "parley/shapes/event_encode.h"
#include "reload.h"
#include "routes.h"
#include "stream_checker.h"
#include "watch.h"

enum { COMPUTING_MIN = 2 /* while one reads from the disk */, BUS_FAULT_MAX_BYTES = 1024 };

/* What must be there once for the whole process, before its first thread. */
static enum err start_libraries(void)
{
    json_in_init();
    TRY(totp_init());
    return egress_init();
}

static enum err open_hub(struct runtime *runtime, const struct config *config)
{
    const struct hub_opts opts = {
        .checker = stream_checker_of(&runtime->app),
        .streams_max = config->streams_max,
        .streams_per_user_max = config->streams_per_user,
        .streams_per_address_max = config->streams_per_address,
        .roll = ephemeral_roll(runtime->app.ephemeral),
    };

    TRY(hub_new(&opts, &runtime->app.hub));
    return signal_listen(runtime->app.bus, runtime->app.hub);
}

static enum err open_store(struct runtime *runtime, const struct config *config, struct buf *ret_error_text)
{
    TRY(store_open(config, runtime->app.keys, ret_error_text, &runtime->app.store));
    if (ret_error_text->len > 0)
        log_event(LOG_WARN, "the object store is away", LOG_STR("fault", buf_str(ret_error_text)));
    buf_clear(ret_error_text);
    return ERR_OK;
}

/* By the keys, which every process of the server has. */
static enum err name_bus(struct runtime *runtime)
{
    struct buf name;
    enum err e;

    buf_init(&name, BUS_FAULT_MAX_BYTES);
    keys_fingerprint(runtime->app.keys, &name);
    e = buf_check(&name);
    if (e == ERR_OK)
        bus_set_realm(runtime->app.bus, str_head(buf_str(&name), BUS_REALM_MAX_BYTES));
    buf_release(&name);
    return e;
}

/* One that is away is waited for by the bus itself; one that refuses us waits for an administrator. */
static enum err open_bus(struct runtime *runtime, const struct config *config, struct buf *ret_error_text)
{
    struct buf why;
    enum err e;

    buf_init(&why, BUS_FAULT_MAX_BYTES);
    e = bus_check(config, &why);
    if (e == ERR_FORBIDDEN)
        buf_addf(ret_error_text, "Redis (REDIS_URL, REDIS_HOST): %s", why.ptr);
    buf_release(&why);
    if (e == ERR_FORBIDDEN || e == ERR_NO_MEMORY)
        return e;
    TRY(bus_open(config, ret_error_text, &runtime->app.bus));
    return name_bus(runtime);
}

/* What every commit of this process leaves to be done (core/outcome.h): first what closes doors. */
static void do_after_commit(void *arg, struct ctx *ctx, const struct outcome *outcome, enum outcome_commit commit)
{
    struct runtime *runtime = arg;
    struct jobs *jobs = atomic_load(&runtime->jobs);
    struct event_log *event_log = atomic_load(&runtime->event_log);

    revocation_forget(ctx->app, outcome);
    if (event_log != NULL && (outcome->topics & OUTCOME_EVENTS) != 0)
        event_log_wake(event_log);
    security_log(ctx, outcome, commit);
    if (ctx->app->recorder != NULL)
        recorder_take(ctx->app->recorder, outcome->answers);
    if (jobs != NULL && (outcome->topics & ~(unsigned)OUTCOME_EVENTS) != 0)
        jobs_wake_for(jobs, outcome->topics);
}

/* Everything that requests use. */
static enum err open_app(struct runtime *runtime, const struct config *config, struct buf *ret_error_text)
{
    static const struct hasher_hooks hooks = { server_yield_begin, server_yield_end, server_client_gone };
    struct app *app = &runtime->app;

    runtime->after_commit = (struct after_commit){ do_after_commit, runtime };
    app->after_commit = &runtime->after_commit;
    TRY(keys_open(config, ret_error_text, &app->keys));
    TRY(db_open(config, DB_UNCHECKED, ret_error_text, &app->db));
    TRY(database_lock_take(app->db, ret_error_text, &runtime->database_lock));
    app->hasher = hasher_new(&hooks);
    app->cache = auth_cache_new();
    app->access_cache = access_cache_new();
    app->author_cache = author_cache_new();
    app->typing_cache = typing_cache_new();
    app->ephemeral = ephemeral_new(app, typing_hear);
    app->recorder = recorder_new(app);
    if (app->hasher == NULL || app->cache == NULL || app->access_cache == NULL || app->author_cache == NULL ||
        app->typing_cache == NULL || app->ephemeral == NULL || app->recorder == NULL)
        return ERR_NO_MEMORY;
    TRY(mailer_open(config, ret_error_text, &app->mailer));
    TRY(push_open(app->keys, &app->push));
    TRY(ai_probe_open(&app->ai_probe));
    TRY(open_bus(runtime, config, ret_error_text));
    TRY(open_hub(runtime, config));
    TRY(open_store(runtime, config, ret_error_text));
    return database_startup_new(app, ret_error_text, &runtime->start);
}

static enum err open_server(struct runtime *runtime, const struct config *config, struct buf *ret_error_text)
{
    struct server_opts opts = {
        .socket_path = config->fcgi_socket,
        .backlog = (int)config->listen_backlog,
        .worker_count = (int)config->worker_threads,
        .yielding_max = HASH_QUEUE_MAX,
        .processor_count = processor_count() > COMPUTING_MIN ? processor_count() : COMPUTING_MIN,
        .handle = gate_handle,
        .done = gate_done,
        .take = gate_take,
    };
    struct gate_opts gate_opts = {
        .app = &runtime->app,
        .worker_count = opts.worker_count + opts.yielding_max,
        .taker = { hub_take, runtime->app.hub },
    };
    struct server *server = NULL;

    TRY(routes_of(config, ret_error_text, &runtime->routes));
    gate_opts.tables = runtime->routes.tables;
    gate_opts.table_count = runtime->routes.count;
    TRY(gate_new(&gate_opts, ret_error_text, &runtime->gate));
    opts.arg = runtime->gate;
    stats_sources_set(runtime);
    TRY(server_new(&opts, ret_error_text, &server));
    runtime->server = server;
    return ERR_OK;
}

/* Whoever asks models, and writes down what they say. */
static enum err start_answers(struct runtime *runtime)
{
    TRY(loop_new(NULL, &runtime->loop));
    TRY(engine_new(runtime->loop, &runtime->engine));
    return recorder_start(runtime->app.recorder, runtime->engine);
}

/* What works beside the requests. */
static enum err start_threads(struct runtime *runtime, const struct config_load_opts *opts)
{
    const struct event_log_opts log_opts = { .app = &runtime->app,
                                             .sink = hub_sink(runtime->app.hub),
                                             .content = event_encode };
    struct event_log *event_log = NULL;

    TRY(event_log_new(&log_opts, &event_log));
    runtime->event_log = event_log;
    TRY(ephemeral_start(runtime->app.ephemeral));
    TRY(start_answers(runtime));
    runtime->jobs = jobs_new(&runtime->app);
    runtime->reload = reload_new(&runtime->app, opts);
    runtime->watch = watch_new(&runtime->app);
    return runtime->jobs == NULL || runtime->reload == NULL || runtime->watch == NULL ? ERR_NO_MEMORY : ERR_OK;
}

enum err runtime_open(struct runtime *runtime, struct config *config, const struct config_load_opts *opts,
                      struct buf *ret_error_text)
{
    const struct config *now;
    enum err e;

    *runtime = (struct runtime){ .app = { .config = config_box_new(config) }, .database_lock = -1 };
    if (runtime->app.config == NULL) {
        config_free(config);
        return ERR_NO_MEMORY;
    }
    now = config_get(runtime->app.config);
    e = start_libraries();
    if (e == ERR_OK)
        e = open_app(runtime, now, ret_error_text);
    if (e == ERR_OK)
        e = open_server(runtime, now, ret_error_text);
    if (e == ERR_OK)
        e = start_threads(runtime, opts);
    if (e != ERR_OK && ret_error_text->len == 0)
        buf_add_c(ret_error_text, err_info(e)->sentence);
    config_put(runtime->app.config, now);
    return e;
}

/* What is left of STOP_MAX_S. */
static int left_s(int64_t began_us)
{
    int64_t gone_s = (clock_monotonic_us() - began_us) / US_PER_S;

    return gone_s < STOP_MAX_S ? (int)(STOP_MAX_S - gone_s) : 0;
}

/* … but for the time in which the last ones are written down. */
static int answers_left_s(int64_t began_us)
{
    int left = left_s(began_us) - 2 * RECORDER_LAST_S;

    return left > 0 ? left : 0;
}

enum err runtime_stop(struct runtime *runtime)
{
    int64_t began_us = clock_monotonic_us();
    struct hub *hub = runtime->app.hub;
    enum err e = ERR_OK;

    if (runtime->app.ephemeral != NULL)
        ephemeral_rest(runtime->app.ephemeral);
    if (hub != NULL)
        hub_end_all(hub);
    if (runtime->app.hasher != NULL)
        hasher_stop(runtime->app.hasher);
    if (runtime->server != NULL)
        e = server_stop(runtime->server);
    if (runtime->app.recorder != NULL && e == ERR_OK)
        e = recorder_stop(runtime->app.recorder, answers_left_s(began_us));
    if (hub != NULL && e == ERR_OK)
        hub_stop(hub, left_s(began_us));
    if (runtime->jobs != NULL && e == ERR_OK)
        e = jobs_stop(runtime->jobs);
    if (runtime->event_log != NULL && e == ERR_OK)
        e = event_log_stop(runtime->event_log);
    if (runtime->app.ephemeral != NULL && e == ERR_OK)
        e = ephemeral_stop(runtime->app.ephemeral);
    if (runtime->reload != NULL && e == ERR_OK)
        e = reload_stop(runtime->reload);
    if (runtime->watch != NULL && e == ERR_OK)
        e = watch_stop(runtime->watch);
    return e;
}

void runtime_close(struct runtime *runtime)
{
    struct app *app = &runtime->app;

    watch_free(runtime->watch);
    reload_free(runtime->reload);
    jobs_free(atomic_exchange(&runtime->jobs, NULL));
    server_free(runtime->server);
    engine_free(runtime->engine);
    loop_free(runtime->loop);
    gate_free(runtime->gate);
    database_startup_free(runtime->start);
    /* Its thread calls what comes behind it here. */
    bus_close(app->bus);
    event_log_free(atomic_exchange(&runtime->event_log, NULL));
    hub_free(app->hub);
    ephemeral_free(app->ephemeral);
    recorder_free(app->recorder);
    ai_probe_close(app->ai_probe);
    push_close(app->push);
    mailer_close(app->mailer);
    store_close(app->store);
    keyed_cache_free(app->author_cache);
    keyed_cache_free(app->typing_cache);
    keyed_cache_free(app->access_cache);
    keyed_cache_free(app->cache);
    hasher_free(app->hasher);
    db_close(app->db);
    database_lock_release(runtime->database_lock);
    keys_free(app->keys);
    config_box_free(app->config);
    egress_cleanup();
    *runtime = (struct runtime){ .database_lock = -1 };
}
