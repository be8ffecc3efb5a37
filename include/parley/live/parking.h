/*
 * Requests that are answered later, by whoever knows the answer: `?wait=true`, /v1 without streaming, a visitor's question.
 * A handler takes a ticket, starts the work and replies by reply_park with a struct parking. The work is finished by
 * parking_answer, or the request becomes a stream of the work's own by parking_open, parking_write and parking_close. These
 * may be called before the connection has been handed over, and after it has ended (then they do nothing). Any thread.
 */
#ifndef PARLEY_LIVE_PARKING_H
#define PARLEY_LIVE_PARKING_H

#include <stdbool.h>
#include <stdint.h>

#include "parley/http/handover.h"
#include "parley/live/hub.h"

/* What a parked request says to those who work on its answer. On the hub's thread: quick, and never waits. */
struct parking_hooks {
    void (*gone)(void *arg); /* it ends without an answer: the client has left, or takes nothing; called once at most */
    void (*due)(void *arg);  /* answer now, with what there is: the deadline has come, or the process stops */
    void (*flow)(void *arg,
                 bool paused); /* PARKED_UNREAD_BYTES are unread: pause; or go on. NULL where nothing streams */
    void *arg;
};

/* The subject of a reply_park that is handed over to hub_take. */
struct parking {
    uint64_t ticket;
    int64_t deadline_us; /* monotonic; PARKED_MAX_S after the request began at the latest */
    struct parking_hooks hooks;
};

/*
 * A ticket for a request that will be parked. ERR_BUSY: PARKED_MAX wait already; ERR_UNAVAILABLE: the process stops;
 * ERR_NO_MEMORY. It must be handed over, or given back by parking_forget.
 */
enum err parking_ticket(struct hub *hub, uint64_t *ret_ticket) MUST_CHECK;
void parking_forget(struct hub *hub, uint64_t ticket);

/* The answer; its body is copied. Without memory the connection is broken off. */
void parking_answer(struct hub *hub, uint64_t ticket, const struct parked_answer *answer);
/* The head of a stream: 200. content_type: static. */
void parking_open(struct hub *hub, uint64_t ticket, const char *content_type);
/* What is written to it, copied. */
void parking_write(struct hub *hub, uint64_t ticket, struct str bytes);
/* Its end: complete, or broken off, so that the client sees that something is missing. */
enum parking_end { PARKING_COMPLETE, PARKING_BROKEN };
void parking_close(struct hub *hub, uint64_t ticket, enum parking_end how);

#endif
