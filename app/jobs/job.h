/* The table of jobs, and what one of them is given. Private to the room and to its tests. */
#ifndef PARLEY_APP_JOBS_JOB_H
#define PARLEY_APP_JOBS_JOB_H

#include "parley/core/keepalive.h"
#include "parley/db/db.h"
#include "parley/jobs/jobs.h"

/*
 * Jobs of one lane wait for one another, those of different lanes never do. What a person waits for is in MAIL; what waits
 * for strangers' push services in PUSH; what only the database does, in batches of bounded size, in DATA; what reads, lists or
 * deletes in the object store in BULK; what people look for a second after it was written in WORDS.
 */
enum job_lane { JOB_LANE_MAIL, JOB_LANE_PUSH, JOB_LANE_DATA, JOB_LANE_BULK, JOB_LANE_WORDS, JOB_LANES };

/* One run of a job, from its first step to the one that finds nothing left; a run may take many slices. */
struct job_run {
    /* Monotonic: the slice is over. A step that can take longer looks at it and goes on in the next step. */
    int64_t until_us;
    /* To be called during long work: keeps the lease, and ends the work with an error when the process stops. */
    keepalive_fn keepalive;
    void *keepalive_arg;
    void *state;                     /* the job's own, from step to step; NULL at first */
    void (*state_free)(void *state); /* called at the end of the run, however it ends; NULL: nothing to free */
};

/* One batch. *ret_count 0: nothing is left for now. */
typedef enum err (*job_fn)(struct ctx *ctx, struct job_run *run, int64_t *ret_count);

enum job_kind {
    JOB_QUEUE,     /* works while there is work; the lease is given back behind it */
    JOB_PERIODIC,  /* one run per period, on one of all hosts: the lease is kept for the period */
    JOB_GATHERING, /* as JOB_QUEUE, for work that comes all the time: its topics wake it JOB_GATHER_MS later */
};

struct job {
    const char *name; /* of its lease and in the log */
    enum job_lane lane;
    enum job_kind kind;
    int64_t period_us; /* how often it looks */
    enum sql has_work; /* JOB_QUEUE: a row of it means that there is work */
    int64_t age_us;    /* … that is so old */
    job_fn step;
    bool wakes_queue; /* what it has done makes work for others, which look at once, in every lane */
    unsigned topics;  /* of enum outcome_topic: what has been committed makes work for it, so it looks at once */
};

enum { JOBS_MAX = 32 };

extern const struct job jobs_table[];
extern const size_t jobs_table_count;

/* What jobs_new starts with; tests have a table of their own. All is borrowed until jobs_free. */
struct jobs_opts {
    const struct app *app;
    const struct job *table;
    size_t table_count; /* JOBS_MAX at most */
    int64_t slice_us;   /* how long a job works while others of its lane are due */
};
struct jobs *jobs_start(const struct jobs_opts *opts);

#endif
