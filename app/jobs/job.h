/* The table of jobs, and what one of them is given. */
#ifndef PARLEY_APP_JOBS_JOB_H
#define PARLEY_APP_JOBS_JOB_H

#include "parley/db/db.h"
#include "parley/domain/files/attachment_digest.h"

/* One run of a job: its state from batch to batch. */
struct job_run {
    int64_t after_id; /* where the job goes on; 0 at first */
    keepalive_fn
        keepalive; /* to be called during long work: keeps the lease, and ends the work when the process stops */
    void *keepalive_arg;
};

/* One batch. *ret_count 0: nothing is left for now. */
typedef enum err (*job_fn)(struct ctx *ctx, struct job_run *run, int64_t *ret_count);

enum job_kind {
    JOB_QUEUE,    /* works while there is work; the lease is given back behind it */
    JOB_PERIODIC, /* one run per period, on one of all hosts: the lease is kept for the period */
};

struct job {
    const char *name; /* of its lease and in the log */
    enum job_kind kind;
    int64_t period_us; /* how often it looks */
    enum sql has_work; /* JOB_QUEUE: a row of it means that there is work */
    int64_t age_us;    /* … that is so old */
    job_fn step;
    bool wakes_queue; /* what it has done makes work for others, which look at once */
    unsigned topics;  /* of enum outcome_topic: what has been committed makes work for it, so it looks at once */
};

enum { JOBS_MAX = 16 };

extern const struct job jobs_table[];
extern const size_t jobs_table_count;

#endif
