/*
 * What a request occupies for as long as it lasts: its idempotency key among those in flight, its place among uploads. A
 * request that is handed over lasts until its connection ends, so what it holds goes with it.
 */
#ifndef PARLEY_APP_GATE_HOLD_H
#define PARLEY_APP_GATE_HOLD_H

#include "in_flight.h"
#include "parley/http/handover.h"
#include "upload_slots.h"

/* All zero: nothing is held. */
struct hold {
    struct in_flight *in_flight; /* NULL: no key */
    struct in_flight_entry entry;
    struct upload_slots *uploads; /* NULL: no upload */
    struct upload_slot slot;
};

/* Lets go. Fine where nothing is held. Any thread. */
void hold_release(struct hold *hold);
/* Moves it out of the request's memory: *hold is empty then. ERR_NO_MEMORY: it stays where it is. */
enum err hold_hand_over(struct hold *hold, struct handover_hold *ret_hold) MUST_CHECK;

#endif
