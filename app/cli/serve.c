#include <malloc.h>
#include <pthread.h>
#include <signal.h>
#include <unistd.h>

#include "config_audit.h"
#include "parley/auth/keys.h"
#include "parley/bus/bus.h"
#include "parley/cli/commands.h"
#include "parley/core/clock.h"
#include "parley/core/limits.h"
#include "parley/core/log.h"
#include "parley/db/db.h"
#include "parley/domain/lifecycle/key_ownership.h"
#include "parley/jobs/jobs.h"
#include "parley/objects/store.h"
#include "runtime.h"

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

/* A log line for each line of text. */
static void log_lines(enum log_level level, const char *message, const char *key, const struct buf *text)
{
    struct str rest = buf_str(text);
    struct str line;

    while (str_split(&rest, '\n', &line)) {
        if (line.len > 0)
            log_event(level, message, LOG_STR(key, line));
    }
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

/* The new keys' ids are written down, so that a restart knows them. */
static void reload_keys(struct runtime *runtime)
{
    struct task task;
    struct buf error_text;

    buf_init(&error_text, 65536);
    if (keys_reload(runtime->app.keys, &error_text) != ERR_OK)
        log_event(LOG_ERROR, "the keys were not taken, the old ones stay", LOG_STR("fault", buf_str(&error_text)));
    buf_clear(&error_text);
    if (task_begin(&task, &runtime->app) == ERR_OK &&
        key_ownership_check(&task.ctx, &error_text) == ERR_CONFLICT)
        log_event(LOG_ERROR, "the keys are not this server's", LOG_STR("fault", buf_str(&error_text)));
    task_end(&task);
    buf_release(&error_text);
}

static void reload_config(struct runtime *runtime, const struct config_load_opts *opts)
{
    struct config *next = NULL;
    struct buf text;

    buf_init(&text, 65536);
    if (config_load(opts, &text, &next) != ERR_OK)
        log_lines(LOG_ERROR, "the configuration was not taken, the old one stays", "fault", &text);
    else if (config_replace(runtime->app.config, next, &text) != ERR_OK)
        log_text(LOG_ERROR, "the configuration was not taken: out of memory");
    else if (text.len > 0)
        log_event(LOG_WARN, "these settings change at the next start only", LOG_STR("settings", buf_str(&text)));
    buf_release(&text);
}

static void reload(struct runtime *runtime, const struct config_load_opts *opts)
{
    const struct config *before, *config;

    log_reopen();
    before = config_get(runtime->app.config);
    reload_config(runtime, opts);
    config = config_get(runtime->app.config);
    config_audit(&runtime->app, before, config);
    config_put(runtime->app.config, before);
    log_set_level((enum log_level)config->log_level);
    reload_keys(runtime);
    config_put(runtime->app.config, config);
    log_text(LOG_INFO, "reloaded");
}

/* Until the server is to stop. */
static void handle_signals(struct runtime *runtime, const struct config_load_opts *opts, const sigset_t *signals)
{
    for (;;) {
        int number = 0;

        if (sigwait(signals, &number) != 0)
            continue;
        if (number == SIGHUP)
            reload(runtime, opts);
        else if (number == SIGUSR1)
            jobs_wake(runtime->jobs);
        else
            return;
    }
}

/* SIGALRM: requests and jobs together have had their time. */
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
    if (runtime_open(&runtime, config, &error_text) == ERR_OK) {
        log_ready(&runtime, began_us);
        handle_signals(&runtime, &cli->config_opts, signals);
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

    if (!cli_parse(cli, NULL))
        return CLI_WRONG_USE;
    if (cli->word_count > 0)
        return cli_wrong_use(cli, "takes no arguments");
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
    .usage = "Usage: parley serve\n"
             "\n"
             "Answers FastCGI requests on the unix socket FCGI_SOCKET, behind nginx, until it is stopped.\n"
             "\n"
             "Signals:\n"
             "  SIGTERM, SIGINT  take no more requests, finish those under way within 10 s, stop\n"
             "  SIGHUP           open the log file again, take the settings that may be reloaded, and the keys\n"
             "  SIGUSR1          run all jobs now\n",
    .run = run,
};
