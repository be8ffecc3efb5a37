#include "database_startup.h"

#include <pthread.h>
#include <signal.h>
#include <unistd.h>

#include "parley/core/clock.h"
#include "parley/core/log.h"
#include "parley/core/task.h"
#include "parley/db/db.h"
#include "parley/db/migrate.h"
#include "parley/domain/lifecycle/key_ownership.h"
#include "parley/domain/lifecycle/setup.h"
#include "parley/domain/people/email_keys.h"

enum { PAUSE_S = 1, FIRST_WAIT_S = 2 };
enum startup_state { STARTUP_OPEN, STARTUP_DONE, STARTUP_FAILED };

struct database_startup {
    const struct app *app;
    pthread_t thread;
    pthread_mutex_t lock; /* guards all below */
    pthread_cond_t changed;
    enum startup_state outcome;
    bool tried;    /* the first try has ended */
    bool in_start; /* database_startup_new still waits and tells the failure itself */
    bool ending;
    struct buf error_text; /* of the last try */
};

/* A mailbox that two accounts have is for the operator to sort out: parley cannot know whose it is. */
static void tell_stuck(const struct email_keys *state)
{
    size_t count = state->stuck_count < EMAIL_KEYS_STUCK_MAX ? state->stuck_count : EMAIL_KEYS_STUCK_MAX;

    for (size_t i = 0; i < count; i++)
        log_event(LOG_WARN, "another account has this user's address in another spelling; remove one of the two",
                  LOG_INT("user_id", state->stuck[i]));
}

static enum err email_keys_run(const struct app *app)
{
    struct email_keys state = { .is_done = false };
    enum err e = ERR_OK;

    while (e == ERR_OK && !state.is_done) {
        struct task task;

        e = task_begin(&task, app);
        if (e == ERR_OK)
            e = email_keys_page(&task.ctx, &state);
        task_end(&task);
    }
    tell_stuck(&state);
    return e;
}

/* What the server needs of its database, on connections of its own. */
static enum err prepare(const struct app *app, const struct config *config, struct db *db, struct buf *ret_error_text)
{
    struct app own = *app;
    struct task task;
    int steps = 0;
    enum err e;

    own.db = db;
    e = task_begin(&task, &own);
    if (e == ERR_OK)
        e = key_ownership_look_before(&task.ctx, ret_error_text);
    task_end(&task);
    TRY(e);
    if (config->auto_migrate)
        TRY(migrate_up(db, MIGRATE_NEWEST, ret_error_text, &steps));
    else
        TRY(migrate_check(db, ret_error_text));
    TRY(db_check_statements(db, ret_error_text));
    e = task_begin(&task, &own);
    if (e == ERR_OK)
        e = key_ownership_check(&task.ctx, ret_error_text);
    task_end(&task);
    if (e == ERR_OK)
        e = email_keys_run(&own);
    if (e == ERR_OK && steps > 0)
        log_event(LOG_INFO, "the database's schema is brought up to date", LOG_INT("versions", steps));
    return e;
}

static enum err try_once(const struct app *app, struct buf *ret_error_text)
{
    const struct config *config = config_get(app->config);
    struct db *db = NULL;
    enum err e = db_open(config, DB_UNCHECKED, ret_error_text, &db);

    if (e == ERR_OK)
        e = prepare(app, config, db, ret_error_text);
    if (e != ERR_OK && ret_error_text->len == 0)
        buf_addf(ret_error_text, "the database: %s", err_info(e)->sentence);
    db_close(db);
    config_put(app->config, config);
    return e;
}

/* Where nobody has an account yet and SETUP_TOKEN=auto: the link that makes the first one. */
static void tell_setup_link(const struct app *app)
{
    struct task task;
    struct str token = { NULL, 0 };

    if (task_begin(&task, app) == ERR_OK && setup_token_ensure(&task.ctx, &token) == ERR_OK && token.len > 0) {
        const char *url = arena_printf(task.ctx.arena, "%s/app/#/setup?token=%.*s", task.ctx.config->public_url,
                                       STR_FMT(token));

        log_event(LOG_WARN, "nobody has an account yet; this link makes the first administrator",
                  LOG_STR("url", str_from(url)));
    }
    task_end(&task);
}

/* Time mends what has to do with reaching the server. A file that cannot be opened stays as it is. */
static bool may_mend(const struct app *app, enum err e)
{
    bool is_file = strcmp(db_kind(app->db), "sqlite") == 0;

    return e == ERR_BUSY || e == ERR_COMMIT_UNKNOWN || (e == ERR_DATABASE && !is_file);
}

static void finish(struct database_startup *start, enum err e)
{
    bool tell;

    if (e == ERR_OK)
        db_release(start->app->db);
    (void)pthread_mutex_lock(&start->lock);
    start->outcome = e == ERR_OK ? STARTUP_DONE : STARTUP_FAILED;
    tell = !start->in_start;
    (void)pthread_cond_broadcast(&start->changed);
    (void)pthread_mutex_unlock(&start->lock);
    if (e == ERR_OK)
        tell_setup_link(start->app);
    if (e == ERR_OK && tell)
        log_text(LOG_INFO, "the database is there");
    if (e != ERR_OK && tell) {
        log_event(LOG_ERROR, "the database cannot be used", LOG_STR("fault", buf_str(&start->error_text)));
        (void)kill(getpid(), SIGTERM);
    }
}

/* For pthread_cond_timedwait. */
static struct timespec in_seconds(int seconds)
{
    struct timespec until;

    (void)clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += seconds;
    return until;
}

/* Notes a try that may be repeated, and rests. False when the server is stopping. */
static bool rest(struct database_startup *start, int tries)
{
    struct timespec until = in_seconds(PAUSE_S);
    bool ending;

    if (tries == 1)
        log_event(LOG_WARN, "the database is away; requests get 503 until it is there",
                  LOG_STR("fault", buf_str(&start->error_text)));
    (void)pthread_mutex_lock(&start->lock);
    start->tried = true;
    (void)pthread_cond_broadcast(&start->changed);
    while (!start->ending && pthread_cond_timedwait(&start->changed, &start->lock, &until) == 0)
        continue;
    ending = start->ending;
    (void)pthread_mutex_unlock(&start->lock);
    return !ending;
}

static void *run(void *arg)
{
    struct database_startup *start = arg;
    enum err e;
    int tries = 0;

    do {
        buf_clear(&start->error_text);
        e = try_once(start->app, &start->error_text);
        tries++;
    } while (e != ERR_OK && may_mend(start->app, e) && rest(start, tries));
    if (e == ERR_OK || !may_mend(start->app, e))
        finish(start, e);
    return NULL;
}

static struct database_startup *allocate(const struct app *app)
{
    struct database_startup *start = calloc(1, sizeof(*start));
    pthread_condattr_t attr;

    if (start == NULL)
        return NULL;
    start->app = app;
    start->in_start = true;
    buf_init(&start->error_text, 65536);
    (void)pthread_mutex_init(&start->lock, NULL);
    (void)pthread_condattr_init(&attr);
    (void)pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    (void)pthread_cond_init(&start->changed, &attr);
    (void)pthread_condattr_destroy(&attr);
    return start;
}

static void release(struct database_startup *start)
{
    (void)pthread_cond_destroy(&start->changed);
    (void)pthread_mutex_destroy(&start->lock);
    buf_release(&start->error_text);
    free(start);
}

/* Until the first try has an outcome, but not for long: a server that answers 503 is better than none. */
static enum startup_state wait_first(struct database_startup *start)
{
    struct timespec until = in_seconds(FIRST_WAIT_S);
    enum startup_state outcome;

    (void)pthread_mutex_lock(&start->lock);
    while (start->outcome == STARTUP_OPEN && !start->tried &&
           pthread_cond_timedwait(&start->changed, &start->lock, &until) == 0)
        continue;
    outcome = start->outcome;
    /* Under the lock: what finish() tells comes behind it. */
    if (outcome == STARTUP_OPEN && !start->tried)
        log_text(LOG_WARN, "the database is being prepared; requests get 503 until it is there");
    start->in_start = false;
    (void)pthread_mutex_unlock(&start->lock);
    return outcome;
}

enum err database_startup_new(const struct app *app, struct buf *ret_error_text, struct database_startup **ret_start)
{
    struct database_startup *start = allocate(app);

    if (start == NULL)
        return ERR_NO_MEMORY;
    db_hold(app->db);
    if (pthread_create(&start->thread, NULL, run, start) != 0) {
        release(start);
        return ERR_NO_MEMORY;
    }
    if (wait_first(start) == STARTUP_FAILED) {
        (void)pthread_join(start->thread, NULL);
        buf_add(ret_error_text, buf_str(&start->error_text));
        release(start);
        return ERR_CONFLICT;
    }
    *ret_start = start;
    return ERR_OK;
}

static bool outcome_is(struct database_startup *start, enum startup_state outcome)
{
    bool is;

    (void)pthread_mutex_lock(&start->lock);
    is = start->outcome == outcome;
    (void)pthread_mutex_unlock(&start->lock);
    return is;
}

bool database_startup_is_done(struct database_startup *start)
{
    return outcome_is(start, STARTUP_DONE);
}

bool database_startup_has_failed(struct database_startup *start)
{
    return outcome_is(start, STARTUP_FAILED);
}

void database_startup_free(struct database_startup *start)
{
    if (start == NULL)
        return;
    (void)pthread_mutex_lock(&start->lock);
    start->ending = true;
    (void)pthread_cond_broadcast(&start->changed);
    (void)pthread_mutex_unlock(&start->lock);
    (void)pthread_join(start->thread, NULL);
    release(start);
}
