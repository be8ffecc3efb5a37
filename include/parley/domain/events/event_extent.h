/* How far the event log goes, and its epoch, which whoever restores a database renews. */
#ifndef PARLEY_DOMAIN_EVENT_EXTENT_H
#define PARLEY_DOMAIN_EVENT_EXTENT_H

#include "parley/core/ctx.h"
#include "parley/domain/events/event_position.h"

struct event_extent {
    struct event_position last; /* number 0: nothing was ever in it */
    int64_t first_number;       /* the oldest row that is still there; 0: there is none */
};
/* One statement. Errors of the database. */
enum err event_extent_read(struct ctx *ctx, struct event_extent *ret_extent) MUST_CHECK;
/* Whether everything behind the position is still in the log. */
bool event_extent_covers(const struct event_extent *extent, const struct event_position *position);
/* Another epoch: every client reads everything again. */
enum err event_epoch_renew(struct ctx *ctx) MUST_CHECK;

#endif
