#include "lane.h"

#include <errno.h>
#include <time.h>

#include "parley/core/clock.h"
#include "parley/core/limits.h"
#include "parley/core/log.h"
#include "parley/domain/record/lease.h"

/* ---- one slice of one job ---- */

struct slice {
    struct lane *lane;
    const struct job *job;
    struct job_state *state;
    struct lease lease;
    bool has_lease;
    int64_t renewed_us; /* monotonic */
    int64_t done_count; /* pieces of work */
};

static struct slice slice_of(struct lane *lane, size_t index)
{
    const struct job *job = &lane->jobs->table[index];

    return (struct slice){
        .lane = lane,
        .job = job,
        .state = &lane->states[index],
        .lease = { .name = job->name,
                   .holder = lane->jobs->holder,
                   .life_us = job->kind == JOB_PERIODIC ? job->period_us : JOB_LEASE_S * US_PER_S },
    };
}

static bool is_stopping(const struct lane *lane)
{
    return atomic_load(&lane->jobs->stopping);
}

static enum err slice_lease_take(struct slice *slice)
{
    struct task *task = &slice->lane->lease_task;
    enum err e;

    task_renew(task);
    slice->renewed_us = clock_monotonic_us();
    e = lease_take(&task->ctx, &slice->lease);
    slice->has_lease |= e == ERR_OK;
    return e;
}

static enum err slice_lease_renew(struct slice *slice)
{
    if (clock_monotonic_us() - slice->renewed_us < JOB_LEASE_RENEW_S * US_PER_S)
        return ERR_OK;
    return slice_lease_take(slice);
}

static enum err keepalive(void *arg)
{
    struct slice *slice = arg;

    if (is_stopping(slice->lane))
        return ERR_UNAVAILABLE;
    return slice_lease_renew(slice);
}

/* At least one batch, so that work goes on however short the slice is. */
static enum err batches_run(struct slice *slice)
{
    struct task *task = &slice->lane->task;
    struct job_run *run = &slice->state->run;
    int64_t count;

    run->until_us = clock_monotonic_us() + slice->lane->jobs->slice_us;
    run->keepalive = keepalive;
    run->keepalive_arg = slice;
    do {
        task_renew(task);
        TRY(slice_lease_renew(slice));
        count = 0;
        TRY(slice->job->step(&task->ctx, run, &count));
        slice->done_count += count;
    } while (count > 0 && !is_stopping(slice->lane) && clock_monotonic_us() < run->until_us);
    slice->state->paused = count > 0;
    return ERR_OK;
}

/* ERR_NOT_FOUND: there is no work. */
static enum err work_look(struct slice *slice)
{
    struct ctx *ctx = &slice->lane->task.ctx;
    int64_t id;

    if (slice->job->has_work == SQL_NONE_)
        return ERR_OK;
    return db_number(ctx, slice->job->has_work, DB_ARGS(DB_INT(ctx->now_us - slice->job->age_us)), &id);
}

static enum err work_do(struct slice *slice)
{
    if (!slice->state->paused)
        TRY(work_look(slice));
    slice->state->paused = false;
    TRY(slice_lease_take(slice));
    return batches_run(slice);
}

/* Nothing stays of a run but the lease of a periodic one that has done its work. */
static enum err run_end(struct slice *slice, enum err e)
{
    struct job_run *run = &slice->state->run;
    struct task *task = &slice->lane->lease_task;

    if (run->state_free != NULL)
        run->state_free(run->state);
    *run = (struct job_run){ .state = NULL };
    slice->state->paused = false;
    if (!slice->has_lease || (slice->job->kind == JOB_PERIODIC && e == ERR_OK))
        return e;
    task_renew(task);
    if (lease_release(&task->ctx, &slice->lease) != ERR_OK && e == ERR_OK)
        return ERR_DATABASE; /* it runs out by itself */
    return e;
}

/* ---- what is logged about it ---- */

static bool is_database(enum err e)
{
    return e == ERR_DATABASE || e == ERR_COMMIT_UNKNOWN || e == ERR_BUSY || e == ERR_DISK_FULL;
}

/*
 * Logged by the first job of all lanes that finds the database away, and by the last that has it again: one server is away
 * once, however many threads wait for it.
 */
static void database_note(struct lane *lane, struct job_state *state, enum err e)
{
    struct jobs *jobs = lane->jobs;
    bool away = is_database(e);
    int count;

    if (away == state->database_away)
        return;
    state->database_away = away;
    pthread_mutex_lock(&jobs->mutex);
    jobs->away_count += away ? 1 : -1;
    count = jobs->away_count;
    pthread_mutex_unlock(&jobs->mutex);
    if (away && count == 1)
        log_event(LOG_WARN, "jobs wait for the database", LOG_C("code", err_info(e)->code));
    if (!away && count == 0)
        log_text(LOG_INFO, "jobs have the database again");
}

/* Nothing to do, and somebody else's lease are not errors. */
static bool is_failure(enum err e)
{
    return e != ERR_OK && e != ERR_NOT_FOUND && e != ERR_CONFLICT;
}

/* Each change of state is logged once. */
static void outcome_log(struct lane *lane, const struct job *job, struct job_state *state, enum err e)
{
    bool failed = is_failure(e);

    database_note(lane, state, e);
    if (is_database(e))
        return;
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

/* A slice of a run that goes on counts as work, not as a run. */
static void outcome_count(struct job_counts *counts, const struct slice *slice, int64_t began_us, enum err e)
{
    bool failed = is_failure(e);

    if (slice->has_lease && !slice->state->paused)
        atomic_fetch_add(&counts->run_count, 1);
    if (failed)
        atomic_fetch_add(&counts->failed_count, 1);
    else
        atomic_store(&counts->done_us, clock_now_us());
    atomic_store(&counts->failing, failed);
    atomic_fetch_add(&counts->done_count, slice->done_count);
    atomic_fetch_add(&counts->busy_us, clock_monotonic_us() - began_us);
}

static void job_do(struct lane *lane, size_t index)
{
    struct slice slice = slice_of(lane, index);
    struct job_state *state = slice.state;
    int64_t began_us = clock_monotonic_us();
    enum err e;

    task_renew(&lane->task);
    e = work_do(&slice);
    if (e != ERR_OK || !state->paused)
        e = run_end(&slice, e);
    task_renew(&lane->task); /* idle, it holds no memory */
    outcome_count(&lane->jobs->counts[index], &slice, began_us, e);
    if (!is_stopping(lane))
        outcome_log(lane, slice.job, state, e);
    state->next_us = state->paused ? 0 : clock_monotonic_us() + pause_us(slice.job, e);
    if (slice.job->wakes_queue && slice.done_count > 0)
        lanes_wake(lane->jobs, WAKE_QUEUE);
}

/* ---- the thread ---- */

static bool is_mine(const struct lane *lane, size_t index)
{
    return lane->jobs->table[index].lane == lane->kind;
}

/* Runs what is due; gives the time at which something will be. */
static int64_t pass_run(struct lane *lane)
{
    int64_t next_us = INT64_MAX;

    for (size_t i = 0; i < lane->jobs->table_count && !is_stopping(lane); i++)
        if (is_mine(lane, i) && lane->states[i].next_us <= clock_monotonic_us())
            job_do(lane, i);
    for (size_t i = 0; i < lane->jobs->table_count; i++)
        if (is_mine(lane, i) && lane->states[i].next_us < next_us)
            next_us = lane->states[i].next_us;
    return next_us;
}

static void mark_due(struct lane *lane, enum wake wake, unsigned topics)
{
    for (size_t i = 0; i < lane->jobs->table_count; i++) {
        const struct job *job = &lane->jobs->table[i];
        struct job_state *state = &lane->states[i];
        int64_t due_us = job->kind == JOB_GATHERING ? clock_monotonic_us() + JOB_GATHER_MS * US_PER_MS : 0;

        if (wake == WAKE_ALL || (wake == WAKE_QUEUE && job->kind != JOB_PERIODIC))
            state->next_us = 0;
        else if ((job->topics & topics) && due_us < state->next_us)
            state->next_us = due_us;
    }
}

static void sleep_until(struct lane *lane, int64_t until_us)
{
    const struct timespec until = clock_deadline(until_us);
    struct jobs *jobs = lane->jobs;
    unsigned topics;
    enum wake wake;

    pthread_mutex_lock(&jobs->mutex);
    while (jobs->wakes[lane->kind] == WAKE_NONE && jobs->topics[lane->kind] == 0 && !is_stopping(lane)) {
        if (pthread_cond_timedwait(&jobs->changed, &jobs->mutex, &until) == ETIMEDOUT)
            break;
    }
    wake = jobs->wakes[lane->kind];
    topics = jobs->topics[lane->kind];
    jobs->wakes[lane->kind] = WAKE_NONE;
    jobs->topics[lane->kind] = 0;
    pthread_mutex_unlock(&jobs->mutex);
    mark_due(lane, wake, topics);
}

/* What waits for its next slice is given up, so that another host, or the next start, goes on with it at once. */
static void paused_release(struct lane *lane)
{
    for (size_t i = 0; i < lane->jobs->table_count; i++) {
        struct slice slice = slice_of(lane, i);

        if (!slice.state->paused)
            continue;
        slice.has_lease = true;
        (void)run_end(&slice, ERR_UNAVAILABLE);
    }
}

void *lane_run(void *arg)
{
    struct lane *lane = arg;

    while (!is_stopping(lane))
        sleep_until(lane, pass_run(lane));
    paused_release(lane);
    return NULL;
}

void lanes_wake(struct jobs *jobs, enum wake wake)
{
    pthread_mutex_lock(&jobs->mutex);
    for (size_t i = 0; i < JOB_LANES; i++)
        if (jobs->wakes[i] < wake)
            jobs->wakes[i] = wake;
    pthread_cond_broadcast(&jobs->changed);
    pthread_mutex_unlock(&jobs->mutex);
}
