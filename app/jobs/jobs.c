#include "parley/jobs/jobs.h"

#include <time.h>

#include "lane.h"
#include "parley/core/clock.h"
#include "parley/core/limits.h"
#include "parley/core/thread.h"

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

static enum err lane_start(struct jobs *jobs, enum job_lane kind)
{
    struct lane *lane = &jobs->lanes[kind];

    lane->jobs = jobs;
    lane->kind = kind;
    TRY(task_begin(&lane->task, jobs->app));
    TRY(task_begin(&lane->lease_task, jobs->app));
    TRY(thread_start(WORKER_STACK_BYTES, lane_run, lane, &lane->thread));
    lane->running = true;
    return ERR_OK;
}

struct jobs *jobs_start(const struct jobs_opts *opts)
{
    struct jobs *jobs = calloc(1, sizeof(*jobs));
    enum err e = ERR_OK;

    if (jobs == NULL)
        return NULL;
    jobs->app = opts->app;
    jobs->table = opts->table;
    jobs->table_count = opts->table_count;
    jobs->slice_us = opts->slice_us;
    jobs->holder = uuid_new_random();
    if (!sync_init(jobs)) {
        free(jobs);
        return NULL;
    }
    for (int kind = 0; kind < JOB_LANES && e == ERR_OK; kind++)
        e = lane_start(jobs, (enum job_lane)kind);
    if (e == ERR_OK)
        return jobs;
    jobs_free(jobs);
    return NULL;
}

struct jobs *jobs_new(const struct app *app)
{
    const struct jobs_opts opts = {
        .app = app, .table = jobs_table, .table_count = jobs_table_count, .slice_us = JOB_SLICE_S * US_PER_S
    };

    return jobs_start(&opts);
}

void jobs_wake(struct jobs *jobs)
{
    lanes_wake(jobs, WAKE_ALL);
}

/* Has it been woken already, to look some time from now? It will find what has been committed by now, too. */
static bool gathers_already(struct jobs *jobs, size_t index)
{
    int64_t now_us = clock_monotonic_us();

    if (jobs->table[index].kind != JOB_GATHERING)
        return false;
    if (now_us < jobs->gathers_until_us[index])
        return true;
    jobs->gathers_until_us[index] = now_us + JOB_GATHER_MS * US_PER_MS;
    return false;
}

/* Wakes only the lanes that have a job for it. */
void jobs_wake_for(struct jobs *jobs, unsigned topics)
{
    unsigned wanted = 0;

    pthread_mutex_lock(&jobs->mutex);
    for (size_t i = 0; i < jobs->table_count; i++) {
        unsigned mine = jobs->table[i].topics & topics;

        if (mine == 0 || gathers_already(jobs, i))
            continue;
        jobs->topics[jobs->table[i].lane] |= mine;
        wanted |= mine;
    }
    if (wanted != 0)
        pthread_cond_broadcast(&jobs->changed);
    pthread_mutex_unlock(&jobs->mutex);
}

static const char *const lane_names[] = { [JOB_LANE_MAIL] = "mail",
                                          [JOB_LANE_PUSH] = "push",
                                          [JOB_LANE_DATA] = "data",
                                          [JOB_LANE_BULK] = "bulk",
                                          [JOB_LANE_WORDS] = "words" };
_Static_assert(COUNT_OF(lane_names) == JOB_LANES, "each lane has a name");

bool jobs_stats(struct jobs *jobs, size_t index, struct job_stats *ret_stats)
{
    const struct job_counts *counts = &jobs->counts[index];

    if (index >= jobs->table_count)
        return false;
    *ret_stats = (struct job_stats){
        .name = jobs->table[index].name,
        .lane = lane_names[jobs->table[index].lane],
        .run_count = atomic_load(&counts->run_count),
        .failed_count = atomic_load(&counts->failed_count),
        .done_count = atomic_load(&counts->done_count),
        .busy_us = atomic_load(&counts->busy_us),
        .done_us = atomic_load(&counts->done_us),
        .failing = atomic_load(&counts->failing),
    };
    return true;
}

/* The time is for all of them together. */
static enum err lanes_join(struct jobs *jobs)
{
    struct timespec until;
    enum err e = ERR_OK;

    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += STOP_MAX_S;
    for (size_t i = 0; i < JOB_LANES; i++) {
        struct lane *lane = &jobs->lanes[i];

        if (lane->running && pthread_timedjoin_np(lane->thread, NULL, &until) != 0)
            e = ERR_TIMEOUT;
        else
            lane->running = false;
    }
    return e;
}

enum err jobs_stop(struct jobs *jobs)
{
    pthread_mutex_lock(&jobs->mutex);
    atomic_store(&jobs->stopping, true);
    pthread_cond_broadcast(&jobs->changed);
    pthread_mutex_unlock(&jobs->mutex);
    return lanes_join(jobs);
}

void jobs_free(struct jobs *jobs)
{
    if (jobs == NULL || jobs_stop(jobs) != ERR_OK)
        return;
    for (size_t i = 0; i < JOB_LANES; i++) {
        task_end(&jobs->lanes[i].task);
        task_end(&jobs->lanes[i].lease_task);
    }
    pthread_cond_destroy(&jobs->changed);
    pthread_mutex_destroy(&jobs->mutex);
    free(jobs);
}
