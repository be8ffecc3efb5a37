/* A lane: one thread, and the rows of the table of jobs that it runs. Private to the room; jobs.c starts and stops them. */
#ifndef PARLEY_APP_JOBS_LANE_H
#define PARLEY_APP_JOBS_LANE_H

#include <pthread.h>
#include <stdatomic.h>

#include "job.h"
#include "parley/core/task.h"

/* What a lane that sleeps is told; the greater one wins. */
enum wake {
    WAKE_NONE,
    WAKE_QUEUE, /* another job has made work: every JOB_QUEUE looks */
    WAKE_ALL,   /* everything looks, whatever its period */
};

/* What a lane knows of a row of the table. Its thread's own. */
struct job_state {
    int64_t next_us;    /* monotonic: when it looks again */
    bool failing;       /* logged already */
    bool database_away; /* at its last look; counted in jobs.away_count */
    bool paused;        /* its slice was over before its work: the lease is kept, `run` too, and it is due again */
    struct job_run run;
};

/* Of a row of the table. Written by its lane's thread, read by any. */
struct job_counts {
    _Atomic int64_t run_count, failed_count, done_count, busy_us;
    _Atomic int64_t done_us; /* wall clock: when it last looked without a failure */
    atomic_bool failing;
};

struct lane {
    struct jobs *jobs;
    enum job_lane kind;
    struct task task;       /* in which the steps run */
    struct task lease_task; /* for the leases, also in the middle of a step */
    pthread_t thread;
    bool running; /* its thread is to be joined */
    struct job_state states[JOBS_MAX];
};

struct jobs {
    const struct app *app;
    const struct job *table;
    size_t table_count;
    int64_t slice_us;
    struct uuid holder; /* of this process's leases */
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    enum wake wakes[JOB_LANES]; /* guarded by mutex, with a broadcast */
    unsigned topics[JOB_LANES]; /* guarded by mutex: what there is more of since the lane last looked */
    int64_t gathers_until_us
        [JOBS_MAX];       /* guarded by mutex, of each JOB_GATHERING: it looks then at the earliest, or is late */
    int away_count;       /* guarded by mutex: jobs that found the database away at their last look */
    atomic_bool stopping; /* set under mutex, with a broadcast */
    struct job_counts counts[JOBS_MAX];
    struct lane lanes[JOB_LANES];
};

/* The thread of a lane; arg: struct lane. Until jobs.stopping. */
void *lane_run(void *arg);
/* Tells every lane. Any thread. */
void lanes_wake(struct jobs *jobs, enum wake wake);

#endif
