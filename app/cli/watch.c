#include "watch.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <time.h>
#include <unistd.h>

#include "parley/auth/certificate.h"
#include "parley/core/clock.h"
#include "parley/core/limits.h"
#include "parley/core/log.h"
#include "parley/core/thread.h"
#include "parley/mail/mailer.h"

enum { TICK_S = MAIL_CHECK_DOWN_S, PATH_BYTES = 4096, FAULT_BYTES = 1024, S_PER_DAY = 86400 };

struct watch {
    const struct app *app;
    pthread_t thread;
    bool running;
    pthread_mutex_t lock; /* guards `woken` */
    pthread_cond_t changed;
    bool woken;
    atomic_bool stopping;
    /* The thread's own: */
    int64_t mail_due_us;        /* monotonic */
    int64_t certificate_due_us; /* wall clock: a line a day is one by people's days */
    bool mail_away;             /* so it was said last */
};

/* ---- mail ---- */

static enum err keepalive(void *arg)
{
    const struct watch *watch = arg;

    return atomic_load(&watch->stopping) ? ERR_UNAVAILABLE : ERR_OK;
}

/* Each change is logged once. */
static void mail_tell(struct watch *watch, const struct smtp_result *result)
{
    bool away = result->outcome == SMTP_AWAY;

    if (away && !watch->mail_away)
        log_event(LOG_WARN, "the mail server is away or refuses us; mail waits", LOG_C("fault", result->error_text),
                  LOG_INT("status", result->status));
    if (!away && watch->mail_away)
        log_text(LOG_INFO, "the mail server is there");
    watch->mail_away = away;
}

static void mail_look(struct watch *watch)
{
    struct mailer *mailer = watch->app->mailer;
    struct smtp_result result;
    int64_t pause_s;

    if (mailer == NULL || (clock_monotonic_us() < watch->mail_due_us && mailer_state(mailer) != MAILER_DOWN))
        return;
    if (mailer_check(mailer, keepalive, watch, &result) == ERR_OK && !atomic_load(&watch->stopping))
        mail_tell(watch, &result);
    pause_s = mailer_state(mailer) == MAILER_UP ? MAIL_CHECK_UP_S : MAIL_CHECK_DOWN_S;
    watch->mail_due_us = clock_monotonic_us() + pause_s * US_PER_S;
}

/* ---- the certificate ---- */

/* Where nginx has it: TLS_CERT, or the one that was made at the first start. False: it is not on this machine. */
static bool certificate_path(const struct config *config, char path[PATH_BYTES])
{
    if (config->tls_cert[0] != '\0')
        (void)snprintf(path, PATH_BYTES, "%s", config->tls_cert);
    else
        (void)snprintf(path, PATH_BYTES, "%s/tls/cert.pem", config->var_dir);
    return config->tls_cert[0] != '\0' || access(path, F_OK) == 0;
}

static void certificate_tell(const char *path, int64_t left_s, int64_t now_us)
{
    char expires[CLOCK_TEXT_BYTES];

    clock_format(now_us + left_s * US_PER_S, expires);
    if (left_s <= 0)
        log_event(LOG_ERROR, "the certificate has expired; renew it and reload nginx", LOG_C("file", path),
                  LOG_C("expired", expires));
    else if (left_s < (int64_t)CERTIFICATE_SOON_DAYS * S_PER_DAY)
        log_event(LOG_WARN, "the certificate expires soon; renew it and reload nginx", LOG_C("file", path),
                  LOG_C("expires", expires), LOG_INT("days", left_s / S_PER_DAY));
}

static void certificate_look(struct watch *watch)
{
    const struct config *config = config_get(watch->app->config);
    int64_t now_us = clock_now_us(), left_s = 0;
    char path[PATH_BYTES];
    struct buf error_text;

    if (now_us >= watch->certificate_due_us && certificate_path(config, path)) {
        buf_init(&error_text, FAULT_BYTES);
        if (certificate_expiry(path, now_us / US_PER_S, &left_s, &error_text) == ERR_OK)
            certificate_tell(path, left_s, now_us);
        else
            log_event(LOG_WARN, "when the certificate expires is not known", LOG_STR("fault", buf_str(&error_text)));
        buf_release(&error_text);
        watch->certificate_due_us = now_us + US_PER_DAY;
    }
    config_put(watch->app->config, config);
}

/* ---- the thread ---- */

static void rest(struct watch *watch)
{
    const struct timespec until = clock_deadline(clock_monotonic_us() + TICK_S * US_PER_S);
    bool woken;

    (void)pthread_mutex_lock(&watch->lock);
    while (!watch->woken && pthread_cond_timedwait(&watch->changed, &watch->lock, &until) != ETIMEDOUT)
        continue;
    woken = watch->woken;
    watch->woken = false;
    (void)pthread_mutex_unlock(&watch->lock);
    if (woken)
        watch->mail_due_us = 0;
}

static void *thread_run(void *arg)
{
    struct watch *watch = arg;

    while (!atomic_load(&watch->stopping)) {
        certificate_look(watch);
        mail_look(watch);
        rest(watch);
    }
    return NULL;
}

static bool sync_init(struct watch *watch)
{
    pthread_condattr_t attr;
    bool ok;

    if (pthread_condattr_init(&attr) != 0)
        return false;
    ok = pthread_condattr_setclock(&attr, CLOCK_MONOTONIC) == 0 && pthread_cond_init(&watch->changed, &attr) == 0;
    (void)pthread_condattr_destroy(&attr);
    if (ok)
        (void)pthread_mutex_init(&watch->lock, NULL);
    return ok;
}

struct watch *watch_new(const struct app *app)
{
    struct watch *watch = calloc(1, sizeof(*watch));

    if (watch == NULL)
        return NULL;
    watch->app = app;
    if (!sync_init(watch)) {
        free(watch);
        return NULL;
    }
    watch->running = thread_start(WORKER_STACK_BYTES, thread_run, watch, &watch->thread) == ERR_OK;
    if (watch->running)
        return watch;
    watch_free(watch);
    return NULL;
}

void watch_wake(struct watch *watch)
{
    (void)pthread_mutex_lock(&watch->lock);
    watch->woken = true;
    (void)pthread_cond_signal(&watch->changed);
    (void)pthread_mutex_unlock(&watch->lock);
}

enum err watch_stop(struct watch *watch)
{
    struct timespec until;

    if (!watch->running)
        return ERR_OK;
    atomic_store(&watch->stopping, true);
    watch_wake(watch);
    (void)clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += STOP_MAX_S;
    if (pthread_timedjoin_np(watch->thread, NULL, &until) != 0)
        return ERR_TIMEOUT;
    watch->running = false;
    return ERR_OK;
}

void watch_free(struct watch *watch)
{
    if (watch == NULL || watch_stop(watch) != ERR_OK)
        return;
    (void)pthread_cond_destroy(&watch->changed);
    (void)pthread_mutex_destroy(&watch->lock);
    free(watch);
}
