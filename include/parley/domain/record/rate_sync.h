/* Rate limits that all processes of a server share, where Redis is set. */
#ifndef PARLEY_DOMAIN_RATE_SYNC_H
#define PARLEY_DOMAIN_RATE_SYNC_H

#include "parley/bus/bus.h"
#include "parley/core/ctx.h"

/*
 * Synchronises one bucket with the other processes (bus_consume).
 *   kind      of limit; static, a short word
 *   identity  whose bucket it is, at most 300 bytes; Redis gets a MAC of them under local.key only: they may be addresses
 *             of people, and other servers on the same Redis have buckets of their own
 *   consumption  all but its key
 * ERR_UNAVAILABLE, ERR_TIMEOUT: this process is on its own for now; ERR_NO_MEMORY. ctx->problem is left alone. Any thread.
 */
enum err rate_sync_run(const struct ctx *ctx, const char *kind, struct str identity,
                       const struct bus_consumption *consumption, struct bus_bucket *ret_bucket) MUST_CHECK;

#endif
