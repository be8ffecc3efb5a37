/* Rate limits that all processes of a server share, where Redis is set. */
#ifndef PARLEY_DOMAIN_RATE_SHARE_H
#define PARLEY_DOMAIN_RATE_SHARE_H

#include "parley/bus/bus.h"
#include "parley/core/ctx.h"

/*
 * Settles one bucket with the other processes (bus_spend).
 *   kind      of limit; static, a short word
 *   identity  whose bucket it is, any bytes; Redis gets a hash of them only, since they may be addresses of people
 *   spending  all but its key
 * ERR_UNAVAILABLE, ERR_TIMEOUT: this process is on its own for now. ctx->problem is left alone. Any thread.
 */
enum err rate_share_settle(const struct ctx *ctx, const char *kind, struct str identity,
                           const struct bus_spending *spending, struct bus_bucket *ret_bucket) MUST_CHECK;

#endif
