/*
 * The relay of a process: what other processes commit on the same server waits for nobody, so each moves what it has
 * committed itself. On a cluster of databases several that do so only lose races to one another: there one of them is the
 * relay for all, by a lease, and the others send it a message. They do without it where it does not move what waits.
 * Private to the sub-room; a thread's own.
 */
#ifndef PARLEY_APP_DOMAIN_EVENTS_EVENT_RELAY_H
#define PARLEY_APP_DOMAIN_EVENTS_EVENT_RELAY_H

#include <stdatomic.h>

#include "parley/core/task.h"
#include "parley/core/wake.h"
#include "parley/domain/events/event_log.h"
#include "parley/domain/record/lease.h"

/* Which position was reached is in the database; a message only says: look. */
#define EVENT_BUS_CHANNEL "log"
/* What it says: to all readers that there is something new; of one that is not the relay to the one that is, it was committed. */
#define EVENT_BUS_MOVED ""
#define EVENT_BUS_COMMITTED "committed"

struct event_relay {
    const struct event_log_opts *opts; /* borrowed */
    struct wake *wake, *reader_wake;   /* borrowed: its own, and whom it wakes when it has moved something */
    struct task task;                  /* for the lease */
    struct lease lease;
    atomic_bool has_lease;
    int64_t leased_us;     /* monotonic: the lease was taken, or asked for, last */
    int64_t looked_us;     /* monotonic: without the lease, the last look at what waits */
    int64_t began_us;      /* monotonic: the last step */
    int64_t busy_since_us; /* monotonic: since when each step finds another in the way; 0: the last did not */
    bool goes_on;          /* there is more to do at once */
    bool is_fault_logged;
};

enum err event_relay_init(struct event_relay *relay, const struct event_log_opts *opts, struct wake *wake,
                          struct wake *reader_wake) MUST_CHECK;
void event_relay_release(struct event_relay *relay);

/* Another process has committed something: wakes the one that is the relay for all. The bus's thread. */
void event_relay_heard(struct event_relay *relay);
/* Waits until there is something to do or to look at, and does it. */
void event_relay_turn(struct event_relay *relay);
/* Behind the last turn: another may be the relay at once. */
void event_relay_end(struct event_relay *relay);

#endif
