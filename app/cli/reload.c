#include "reload.h"

#include <pthread.h>
#include <stdlib.h>
#include <time.h>

#include "config_audit.h"
#include "log_lines.h"
#include "parley/auth/keys.h"
#include "parley/core/limits.h"
#include "parley/core/log.h"
#include "parley/core/task.h"
#include "parley/core/thread.h"
#include "parley/domain/lifecycle/key_ownership.h"

struct reload {
    const struct app *app;
    const struct config_load_opts *opts;
    pthread_t thread;
    bool running; /* the thread is to be joined */
    pthread_mutex_t lock;
    pthread_cond_t changed;
    bool asked, stopping; /* guarded by lock */
};

/* ---- one reload ---- */

/* The new keys' ids are written down, so that a restart knows them. */
static void reload_keys(const struct app *app)
{
    struct task task;
    struct buf error_text;

    buf_init(&error_text, 65536);
    if (keys_reload(app->keys, &error_text) != ERR_OK)
        log_event(LOG_ERROR, "the keys were not taken, the old ones stay", LOG_STR("fault", buf_str(&error_text)));
    buf_clear(&error_text);
    if (task_begin(&task, app) == ERR_OK && key_ownership_check(&task.ctx, &error_text) == ERR_CONFLICT)
        log_event(LOG_ERROR, "the keys are not this server's", LOG_STR("fault", buf_str(&error_text)));
    task_end(&task);
    buf_release(&error_text);
}

static void reload_config(const struct app *app, const struct config_load_opts *opts)
{
    struct config *next = NULL;
    struct buf text;

    buf_init(&text, 65536);
    if (config_load(opts, &text, &next) != ERR_OK)
        log_lines(LOG_ERROR, "the configuration was not taken, the old one stays", "fault", &text);
    else if (config_replace(app->config, next, &text) != ERR_OK)
        log_text(LOG_ERROR, "the configuration was not taken: out of memory");
    else if (text.len > 0)
        log_event(LOG_WARN, "these settings change at the next start only", LOG_STR("settings", buf_str(&text)));
    buf_release(&text);
}

static void reload_run(const struct app *app, const struct config_load_opts *opts)
{
    const struct config *before, *config;

    log_reopen();
    before = config_get(app->config);
    reload_config(app, opts);
    config = config_get(app->config);
    config_audit(app, before, config);
    config_put(app->config, before);
    log_set_level((enum log_level)config->log_level);
    reload_keys(app);
    config_put(app->config, config);
    log_text(LOG_INFO, "reloaded");
}

/* ---- the thread ---- */

/* False: the process stops. */
static bool is_asked(struct reload *reload)
{
    bool stopping;

    (void)pthread_mutex_lock(&reload->lock);
    while (!reload->asked && !reload->stopping)
        (void)pthread_cond_wait(&reload->changed, &reload->lock);
    stopping = reload->stopping;
    reload->asked = false;
    (void)pthread_mutex_unlock(&reload->lock);
    return !stopping;
}

static void *thread_run(void *arg)
{
    struct reload *reload = arg;

    while (is_asked(reload))
        reload_run(reload->app, reload->opts);
    return NULL;
}

struct reload *reload_new(const struct app *app, const struct config_load_opts *opts)
{
    struct reload *reload = calloc(1, sizeof(*reload));

    if (reload == NULL)
        return NULL;
    reload->app = app;
    reload->opts = opts;
    (void)pthread_mutex_init(&reload->lock, NULL);
    (void)pthread_cond_init(&reload->changed, NULL);
    reload->running = thread_start(WORKER_STACK_BYTES, thread_run, reload, &reload->thread) == ERR_OK;
    if (reload->running)
        return reload;
    reload_free(reload);
    return NULL;
}

static void tell(struct reload *reload, bool *what)
{
    (void)pthread_mutex_lock(&reload->lock);
    *what = true;
    (void)pthread_cond_signal(&reload->changed);
    (void)pthread_mutex_unlock(&reload->lock);
}

void reload_ask(struct reload *reload)
{
    tell(reload, &reload->asked);
}

enum err reload_stop(struct reload *reload)
{
    struct timespec until;

    if (!reload->running)
        return ERR_OK;
    tell(reload, &reload->stopping);
    (void)clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += STOP_MAX_S;
    if (pthread_timedjoin_np(reload->thread, NULL, &until) != 0)
        return ERR_TIMEOUT;
    reload->running = false;
    return ERR_OK;
}

void reload_free(struct reload *reload)
{
    if (reload == NULL || reload_stop(reload) != ERR_OK)
        return;
    (void)pthread_cond_destroy(&reload->changed);
    (void)pthread_mutex_destroy(&reload->lock);
    free(reload);
}
