/*
 * Leases: who does a kind of work at the moment, as a row that runs out by itself when its holder dies. Hosts must agree on
 * the time of day to within a few seconds.
 */
#ifndef PARLEY_JOBS_JOB_LEASE_H
#define PARLEY_JOBS_JOB_LEASE_H

#include <stdint.h>

#include "parley/core/ctx.h"
#include "parley/core/ids.h"

struct job_lease {
    const char *name;   /* kind of work; static */
    struct uuid holder; /* this process */
    int64_t life_us;    /* from each taking on */
};

/* Takes it, or renews it. ERR_OK; ERR_CONFLICT: somebody else has it. Errors of the database. Any thread. */
enum err job_lease_take(struct ctx *ctx, const struct job_lease *lease) MUST_CHECK;
/* Gives it back at once; nothing when it is not ours. */
enum err job_lease_release(struct ctx *ctx, const struct job_lease *lease) MUST_CHECK;

#endif
