#include <malloc.h>
#include <pthread.h>
#include <signal.h>
#include <unistd.h>

#include "log_lines.h"
#include "parley/bus/bus.h"
#include "parley/cli/commands.h"
#include "parley/core/clock.h"
#include "parley/core/limits.h"
#include "parley/core/log.h"
#include "parley/db/db.h"
#include "parley/jobs/jobs.h"
#include "parley/objects/store.h"
#include "reload.h"
#include "runtime.h"
#include "watch.h"

enum {
#ifdef __SANITIZE_THREAD__
    THREAD_STACK_BYTES = 2048 * 1024, /* the sanitizer keeps its own things there */
#else
    THREAD_STACK_BYTES = 256 * 1024,
#endif
    MMAP_FROM_BYTES = 256 * 1024,
    ARENAS_MAX = 2,
};

/* A small idle process: few heaps, large pieces given back to the system at once, small stacks for libraries' threads. */
static void tune_memory(void)
{
    pthread_attr_t attr;

    (void)mallopt(M_ARENA_MAX, ARENAS_MAX);
    (void)mallopt(M_MMAP_THRESHOLD, MMAP_FROM_BYTES);
    if (pthread_attr_init(&attr) != 0)
        return;
    if (pthread_attr_setstacksize(&attr, THREAD_STACK_BYTES) == 0)
        (void)pthread_setattr_default_np(&attr);
    (void)pthread_attr_destroy(&attr);
}

/* Blocked in all threads; the main thread waits for them. */
static void block_signals(sigset_t *ret_signals)
{
    (void)sigemptyset(ret_signals);
    (void)sigaddset(ret_signals, SIGTERM);
    (void)sigaddset(ret_signals, SIGINT);
    (void)sigaddset(ret_signals, SIGHUP);
    (void)sigaddset(ret_signals, SIGUSR1);
    (void)pthread_sigmask(SIG_BLOCK, ret_signals, NULL);
    (void)signal(SIGPIPE, SIG_IGN);
}

static void log_notes(const struct config *config)
{
    struct buf notes;

    buf_init(&notes, 65536);
    config_notes(config, &notes);
    log_lines(LOG_WARN, "a setting is not used", "setting", &notes);
    buf_release(&notes);
}

static void log_ready(struct runtime *runtime, int64_t began_us)
{
    const struct config *config = config_get(runtime->app.config);

    log_event(LOG_INFO, database_startup_is_done(runtime->start) ? "ready" : "ready but for the database",
              LOG_C("version", PARLEY_VERSION), LOG_C("socket", config->fcgi_socket),
              LOG_C("database", db_kind(runtime->app.db)), LOG_C("store", store_kind(runtime->app.store)),
              LOG_C("bus", bus_kind(runtime->app.bus)), LOG_INT("workers", config->worker_threads),
              LOG_INT("took_ms", (clock_monotonic_us() - began_us) / US_PER_MS));
    config_put(runtime->app.config, config);
}

static void tell_all(struct runtime *runtime)
{
    jobs_wake(runtime->jobs);
    watch_wake(runtime->watch);
}

/* Until the server is to stop. */
static void handle_signals(struct runtime *runtime, const sigset_t *signals)
{
    for (;;) {
        int number = 0;

        if (sigwait(signals, &number) != 0)
            continue;
        if (number == SIGHUP)
            reload_ask(runtime->reload);
        else if (number == SIGUSR1)
            tell_all(runtime);
        else
            return;
    }
}

/* SIGALRM: requests, jobs and a reload together have had their time. */
static void give_up(int number)
{
    (void)number;
    _exit(CLI_FAILED);
}

static int stop(struct runtime *runtime)
{
    bool failed = database_startup_has_failed(runtime->start);

    log_text(LOG_INFO, "stopping");
    (void)signal(SIGALRM, give_up);
    (void)alarm(STOP_MAX_S + 1);
    if (runtime_stop(runtime) != ERR_OK) {
        log_text(LOG_WARN, "stopped before everything under way had ended");
        _exit(CLI_FAILED);
    }
    runtime_close(runtime);
    log_text(LOG_INFO, "stopped");
    return failed ? CLI_FAILED : CLI_OK;
}

static bool open_log(const struct cli *cli, const struct config *config)
{
    const struct log_opts opts = {
        .level = (enum log_level)config->log_level,
        .format = (enum log_format)config->log_format,
        .path = config->log_file[0] != '\0' ? config->log_file : NULL,
    };

    if (log_open(&opts) == ERR_OK)
        return true;
    (void)cli_fail(cli, "LOG_FILE cannot be opened: %s", config->log_file);
    return false;
}

static int serve(struct cli *cli, struct config *config, const sigset_t *signals)
{
    int64_t began_us = clock_monotonic_us();
    struct runtime runtime;
    struct buf error_text;
    int status;

    buf_init(&error_text, 1 * MIB);
    log_notes(config);
    if (runtime_open(&runtime, config, &cli->config_opts, &error_text) == ERR_OK) {
        log_ready(&runtime, began_us);
        handle_signals(&runtime, signals);
        status = stop(&runtime);
    } else {
        status = cli_fail(cli, "%s", error_text.ptr);
        if (runtime_stop(&runtime) != ERR_OK)
            _exit(status);
        runtime_close(&runtime);
    }
    buf_release(&error_text);
    return status;
}

static int run(struct cli *cli)
{
    struct config *config;
    sigset_t signals;

    tune_memory();
    block_signals(&signals);
    config = cli_config(cli);
    if (config == NULL)
        return CLI_FAILED;
    if (!cli_make_dirs(cli, config) || !open_log(cli, config)) {
        config_free(config);
        return CLI_FAILED;
    }
    return serve(cli, config, &signals);
}

const struct command serve_command = {
    .name = "serve",
    .summary = "Run the server",
    .text =
        "Answers FastCGI requests on the unix socket FCGI_SOCKET, behind nginx, until it is stopped. SIGTERM and SIGINT: "
        "take no more requests, finish those under way within 10 s, stop. SIGHUP: open the log file again, take the "
        "settings that may be reloaded, and the keys. SIGUSR1: run all jobs now, and look at the mail server."
        "\n\nA start is stopped by what only an administrator can mend: settings that cannot be used, a database, store or Redis "
        "that refuses the credentials, a database or bucket that is not there, keys of another server. What comes back by "
        "itself, a server that is away, is waited for; /health/ready and parley status tell of each part.",
    .run = run,
};
