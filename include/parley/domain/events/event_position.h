/*
 * A place in the event log as clients know it: "<epoch>-<position>", the id of each event, which they send back as
 * Last-Event-ID. The epoch is of the database's own making: whoever restores one begins another epoch (`parley events
 * new-epoch`), as positions that were given out before would be given out again.
 */
#ifndef PARLEY_DOMAIN_EVENT_POSITION_H
#define PARLEY_DOMAIN_EVENT_POSITION_H

#include <stdint.h>

#include "parley/core/ctx.h"
#include "parley/core/err.h"
#include "parley/core/str.h"

enum { EVENT_EPOCH_BYTES = 9 };

struct event_position {
    char epoch[EVENT_EPOCH_BYTES]; /* eight hex digits, NUL-ended */
    int64_t number;
};

/* ERR_INVALID: anything but what this server writes. */
enum err event_position_parse(struct str text, struct event_position *ret_position) MUST_CHECK;
/* The bytes of the column `epoch` as text. */
void event_position_epoch(struct str bytes, char ret_epoch[EVENT_EPOCH_BYTES]);

/* How far the log goes. */
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
