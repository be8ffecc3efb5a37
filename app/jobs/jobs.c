#include "parley/jobs/jobs.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <time.h>

#include "job.h"
#include "parley/core/clock.h"
#include "parley/core/limits.h"
#include "parley/core/log.h"
#include "parley/core/thread.h"
#include "parley/jobs/job_lease.h"

/* What the thread knows of a row of the table. */
struct job_state {
    int64_t next_us; /* monotonic: when it looks again */
    bool failing;    /* logged already */
};

struct jobs {
    const struct app *app;
    struct uuid holder;
    struct arena *arena;
    pthread_t thread;
    pthread_mutex_t mutex; /* guards `woken`, `topics` and the condition */
    pthread_cond_t changed;
    bool woken;
    unsigned topics; /* what there is more of since the thread last looked */
    atomic_bool stopping;
    bool joined;
    bool database_away; /* logged already; thread's own */
    struct job_state states[JOBS_MAX];
};

/* ---- one run of one job ---- */

struct run {
    struct jobs *jobs;
    const struct job *job;
    struct job_lease lease;
    int64_t renewed_us; /* monotonic */
    int64_t done_count; /* pieces of work */
    struct ctx ctx;
    struct problem problem;
};

static void ctx_begin(struct run *run)
{
    run->problem = (struct problem){ .err = ERR_OK };
    run->ctx.app = run->jobs->app;
    run->ctx.arena = run->jobs->arena;
    run->ctx.problem = &run->problem;
    run->ctx.now_us = clock_now_us();
}

/* Each batch begins with an empty arena, an empty problem and the present time. */
static void ctx_renew(struct run *run)
{
    arena_reset(run->jobs->arena);
    ctx_begin(run);
}

static enum err lease_renew(struct run *run, struct ctx *ctx)
{
    int64_t now_us = clock_monotonic_us();

    if (now_us - run->renewed_us < JOB_LEASE_RENEW_S * US_PER_S)
        return ERR_OK;
    run->renewed_us = now_us;
    return job_lease_take(ctx, &run->lease);
}

/* Called in the middle of a batch, so in a ctx of its own beside the batch's, with the same arena. */
static enum err keepalive(void *arg)
{
    struct run *run = arg;
    struct problem problem = { .err = ERR_OK };
    struct ctx ctx = run->ctx;

    if (atomic_load(&run->jobs->stopping))
        return ERR_UNAVAILABLE;
    ctx.problem = &problem;
    ctx.conn = NULL;
    ctx.outcome = (struct outcome){ .topics = 0 };
    return lease_renew(run, &ctx);
}

static enum err batches_run(struct run *run)
{
    struct job_run state = { .keepalive = keepalive, .keepalive_arg = run };
    int64_t count = 1;

    while (count > 0 && !atomic_load(&run->jobs->stopping)) {
        ctx_renew(run);
        TRY(lease_renew(run, &run->ctx));
        count = 0;
        TRY(run->job->step(&run->ctx, &state, &count));
        run->done_count += count;
    }
    return ERR_OK;
}

/* ERR_NOT_FOUND: there is no work. */
static enum err work_look(struct run *run)
{
    int64_t id;

    if (run->job->has_work == SQL_NONE_)
        return ERR_OK;
    return db_number(&run->ctx, run->job->has_work, DB_ARGS(DB_INT(run->ctx.now_us - run->job->age_us)), &id);
}

static enum err job_run_once(struct run *run)
{
    enum err e;

    TRY(work_look(run));
    run->renewed_us = clock_monotonic_us();
    TRY(job_lease_take(&run->ctx, &run->lease));
    e = batches_run(run);
    if (run->job->kind == JOB_QUEUE || e != ERR_OK) {
        ctx_renew(run);
        if (job_lease_release(&run->ctx, &run->lease) != ERR_OK)
            return e == ERR_OK ? ERR_DATABASE : e; /* it runs out by itself */
    }
    return e;
}

/* ---- what is logged about it ---- */

static bool is_database(enum err e)
{
    return e == ERR_DATABASE || e == ERR_COMMIT_UNKNOWN || e == ERR_BUSY || e == ERR_DISK_FULL;
}

/* Each change of state is logged once. Nothing to do, and somebody else's lease are not errors. */
static void outcome_log(struct jobs *jobs, const struct job *job, struct job_state *state, enum err e)
{
    bool failed = e != ERR_OK && e != ERR_NOT_FOUND && e != ERR_CONFLICT;

    if (is_database(e)) {
        if (!jobs->database_away)
            log_event(LOG_WARN, "jobs wait for the database", LOG_C("code", err_info(e)->code));
        jobs->database_away = true;
        return;
    }
    if (jobs->database_away)
        log_text(LOG_INFO, "jobs have the database again");
    jobs->database_away = false;
    if (failed && !state->failing)
        log_event(LOG_WARN, "job failed and will be tried again", LOG_C("job", job->name),
                  LOG_C("code", err_info(e)->code));
    if (!failed && state->failing)
        log_event(LOG_INFO, "job works again", LOG_C("job", job->name));
    state->failing = failed;
}

static int64_t pause_us(const struct job *job, enum err e)
{
    const int64_t retry_us = JOB_RETRY_S * US_PER_S;

    if (e == ERR_OK || e == ERR_NOT_FOUND)
        return job->period_us;
    return job->period_us < retry_us ? job->period_us : retry_us;
}

static void mark_all_due(struct jobs *jobs)
{
    for (size_t i = 0; i < JOBS_MAX; i++)
        jobs->states[i].next_us = 0;
}

/* The others of the queue look at once; what runs by the clock does not. */
static void mark_others_due(struct jobs *jobs)
{
    for (size_t i = 0; i < jobs_table_count; i++)
        if (jobs_table[i].kind == JOB_QUEUE)
            jobs->states[i].next_us = 0;
}

static void mark_due(struct jobs *jobs, unsigned topics)
{
    for (size_t i = 0; i < jobs_table_count; i++)
        if (jobs_table[i].topics & topics)
            jobs->states[i].next_us = 0;
}

static void job_do(struct jobs *jobs, const struct job *job, struct job_state *state)
{
    struct run run = { .jobs = jobs, .job = job };
    enum err e;

    run.lease.name = job->name;
    run.lease.holder = jobs->holder;
    run.lease.life_us = job->kind == JOB_PERIODIC ? job->period_us : JOB_LEASE_S * US_PER_S;
    run.ctx.config = config_get(jobs->app->config);
    ctx_renew(&run);
    e = job_run_once(&run);
    config_put(jobs->app->config, run.ctx.config);
    arena_reset(jobs->arena);
    if (!atomic_load(&jobs->stopping))
        outcome_log(jobs, job, state, e);
    state->next_us = clock_monotonic_us() + pause_us(job, e);
    if (job->wakes_queue && run.done_count > 0)
        mark_others_due(jobs);
}

/* ---- the thread ---- */

/* Runs what is due; gives the time at which something will be. */
static int64_t pass_run(struct jobs *jobs)
{
    int64_t next_us = INT64_MAX;

    for (size_t i = 0; i < jobs_table_count && !atomic_load(&jobs->stopping); i++)
        if (jobs->states[i].next_us <= clock_monotonic_us())
            job_do(jobs, &jobs_table[i], &jobs->states[i]);
    for (size_t i = 0; i < jobs_table_count; i++)
        if (jobs->states[i].next_us < next_us)
            next_us = jobs->states[i].next_us;
    return next_us;
}

static void sleep_until(struct jobs *jobs, int64_t until_us)
{
    const struct timespec until = { .tv_sec = (time_t)(until_us / US_PER_S),
                                    .tv_nsec = (long)(until_us % US_PER_S) * 1000 };

    pthread_mutex_lock(&jobs->mutex);
    while (!jobs->woken && jobs->topics == 0 && !atomic_load(&jobs->stopping)) {
        if (pthread_cond_timedwait(&jobs->changed, &jobs->mutex, &until) == ETIMEDOUT)
            break;
    }
    if (jobs->woken)
        mark_all_due(jobs);
    mark_due(jobs, jobs->topics);
    jobs->woken = false;
    jobs->topics = 0;
    pthread_mutex_unlock(&jobs->mutex);
}

static void *thread_run(void *arg)
{
    struct jobs *jobs = arg;

    while (!atomic_load(&jobs->stopping))
        sleep_until(jobs, pass_run(jobs));
    return NULL;
}

static bool sync_init(struct jobs *jobs)
{
    pthread_condattr_t attr;
    bool ok;

    if (pthread_condattr_init(&attr) != 0)
        return false;
    ok = pthread_condattr_setclock(&attr, CLOCK_MONOTONIC) == 0 && pthread_cond_init(&jobs->changed, &attr) == 0;
    pthread_condattr_destroy(&attr);
    if (!ok)
        return false;
    if (pthread_mutex_init(&jobs->mutex, NULL) == 0)
        return true;
    pthread_cond_destroy(&jobs->changed);
    return false;
}

static void memory_free(struct jobs *jobs)
{
    arena_free(jobs->arena);
    free(jobs);
}

struct jobs *jobs_new(const struct app *app)
{
    struct jobs *jobs = calloc(1, sizeof(*jobs));

    if (jobs == NULL)
        return NULL;
    jobs->app = app;
    jobs->holder = uuid_new_random();
    jobs->arena = arena_new(REQUEST_ARENA_BYTES);
    if (jobs->arena == NULL || !sync_init(jobs)) {
        memory_free(jobs);
        return NULL;
    }
    if (thread_start(WORKER_STACK_BYTES, thread_run, jobs, &jobs->thread) != ERR_OK) {
        pthread_cond_destroy(&jobs->changed);
        pthread_mutex_destroy(&jobs->mutex);
        memory_free(jobs);
        return NULL;
    }
    return jobs;
}

void jobs_wake(struct jobs *jobs)
{
    pthread_mutex_lock(&jobs->mutex);
    jobs->woken = true;
    pthread_cond_signal(&jobs->changed);
    pthread_mutex_unlock(&jobs->mutex);
}

void jobs_wake_for(struct jobs *jobs, unsigned topics)
{
    pthread_mutex_lock(&jobs->mutex);
    jobs->topics |= topics;
    pthread_cond_signal(&jobs->changed);
    pthread_mutex_unlock(&jobs->mutex);
}

enum err jobs_stop(struct jobs *jobs)
{
    struct timespec until;

    if (jobs->joined)
        return ERR_OK;
    pthread_mutex_lock(&jobs->mutex);
    atomic_store(&jobs->stopping, true);
    pthread_cond_signal(&jobs->changed);
    pthread_mutex_unlock(&jobs->mutex);
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += STOP_MAX_S;
    if (pthread_timedjoin_np(jobs->thread, NULL, &until) != 0)
        return ERR_TIMEOUT;
    jobs->joined = true;
    return ERR_OK;
}

void jobs_free(struct jobs *jobs)
{
    if (jobs == NULL || jobs_stop(jobs) != ERR_OK)
        return;
    pthread_cond_destroy(&jobs->changed);
    pthread_mutex_destroy(&jobs->mutex);
    memory_free(jobs);
}
