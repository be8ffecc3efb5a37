/*
 * A place in the event log as clients know it: "<epoch>-<position>", the id of each event, which they send back as
 * Last-Event-ID. The epoch is of the database's own making: whoever restores one begins another epoch (`parley events
 * new-epoch`), as positions that were given out before would be given out again.
 */
#ifndef PARLEY_DOMAIN_EVENT_POSITION_H
#define PARLEY_DOMAIN_EVENT_POSITION_H

#include <stdint.h>

#include "parley/core/err.h"
#include "parley/core/str.h"

enum { EVENT_EPOCH_BYTES = 9, EVENT_EPOCH_RAW_BYTES = 4 };

struct event_position {
    char epoch[EVENT_EPOCH_BYTES]; /* eight hex digits, NUL-ended */
    int64_t number;
};

/* ERR_INVALID: anything but what this server writes. */
enum err event_position_parse(struct str text, struct event_position *ret_position) MUST_CHECK;
/* The bytes of the column `epoch`, EVENT_EPOCH_RAW_BYTES of them, as text. */
void event_position_epoch(struct str bytes, char ret_epoch[EVENT_EPOCH_BYTES]);

#endif
