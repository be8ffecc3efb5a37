/*
 * Work that no request waits for: mail, deleting objects, erasing what was marked as deleted, expiring what is too
 * old, reading files for their digests, sweeping the store. Work is rows in the database; who does a kind of it at the
 * moment holds its lease (domain/record/lease.h), so two hosts never do the same and a crash loses none.
 *
 * Five lanes, a thread each (app/jobs/job.h: mail, push, data, bulk, words): jobs of different lanes never wait for one
 * another. In a lane a job that has worked for JOB_SLICE_S makes room for the others and goes on behind them where it was. While the
 * database is away the lanes look again every few seconds, and the process says so once.
 */
#ifndef PARLEY_JOBS_JOBS_H
#define PARLEY_JOBS_JOBS_H

#include "parley/core/ctx.h"
#include "parley/core/err.h"

struct jobs;

/* Starts the threads, which look at once. app is borrowed until jobs_free. NULL without memory or threads. */
struct jobs *jobs_new(const struct app *app);
/* Every job looks now, whatever its period: for an operator (SIGUSR1) and for tests. Any thread, not a signal handler. */
void jobs_wake(struct jobs *jobs);
/* The jobs that work on these topics (enum outcome_topic) look now. Any thread; after the commit that made the work. */
void jobs_wake_for(struct jobs *jobs, unsigned topics);
/* What became of a job of the table in this process. */
struct job_stats {
    const char *name, *lane; /* static */
    int64_t run_count;       /* runs that had the lease */
    int64_t failed_count;    /* looks that ended in an error */
    int64_t done_count;      /* pieces of work */
    int64_t busy_us;         /* all of its slices together */
    int64_t done_us;         /* wall clock: the last look without an error; 0: none */
    int64_t failing;         /* 1: the last look ended in an error */
};
/* The index-th of the table; false: there are no more. Any thread. */
bool jobs_stats(struct jobs *jobs, size_t index, struct job_stats *ret_stats);
/*
 * Ends each thread behind the batch that it is at. ERR_OK; ERR_TIMEOUT: one still hangs in a call after STOP_MAX_S; jobs and
 * everything in app must then be left as they are, and the process ends with _exit.
 */
enum err jobs_stop(struct jobs *jobs) MUST_CHECK;
/* After jobs_stop that was ERR_OK, or instead of it. NULL is fine. */
void jobs_free(struct jobs *jobs);

#endif
