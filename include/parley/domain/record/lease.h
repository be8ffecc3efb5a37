/*
 * Leases: who does a kind of work at the moment, as a row that runs out by itself when its holder dies. Hosts must agree on
 * the time of day to within a few seconds.
 */
#ifndef PARLEY_DOMAIN_LEASE_H
#define PARLEY_DOMAIN_LEASE_H

#include <stdint.h>

#include "parley/core/ctx.h"
#include "parley/core/ids.h"

struct lease {
    const char *name;   /* kind of work; static */
    struct uuid holder; /* this process */
    int64_t life_us;    /* from each taking on */
};

/* Takes it, or renews it. ERR_OK; ERR_CONFLICT: somebody else has it. Errors of the database. Any thread. */
enum err lease_take(struct ctx *ctx, const struct lease *lease) MUST_CHECK;
/* Gives it back at once; nothing when it is not ours. */
enum err lease_release(struct ctx *ctx, const struct lease *lease) MUST_CHECK;

#endif
