/* A request that is answered later. The hub's thread's own, but for parked_request_new. */
#ifndef PARLEY_APP_LIVE_PARKED_REQUEST_H
#define PARLEY_APP_LIVE_PARKED_REQUEST_H

#include "connection.h"
#include "link.h"
#include "parley/core/buf.h"
#include "parley/live/parking.h"

struct hub;
struct parking_command;

struct parked_request {
    struct connection connection; /* timer.link: in hub.unattached until it is handed over */
    struct link by_ticket;
    uint64_t ticket;
    struct parked *parked; /* NULL: not handed over yet */
    struct parking_hooks hooks;
    int64_t deadline_us;
    struct parking_command *waiting, **waiting_end; /* said before it was handed over */
    struct buf out;
    size_t out_at; /* written so far */
    const char *reason;
    bool is_stream, is_answered, is_due, is_paused;
};

/* NULL without memory. */
struct parked_request *parked_request_new(uint64_t ticket);
void parked_request_enter(struct hub *hub, struct parked_request *request);
/* The connection is there: what was said before is done now. */
void parked_request_attach(struct hub *hub, struct parked_request *request, struct parked *parked,
                           const struct parking *parking);
void parked_request_answer(struct hub *hub, struct parked_request *request, const struct parked_answer *answer);
void parked_request_open(struct hub *hub, struct parked_request *request, const char *content_type);
void parked_request_write(struct hub *hub, struct parked_request *request, struct str bytes);
void parked_request_close(struct hub *hub, struct parked_request *request, enum parking_end how);
/* Answer now, with what there is. */
void parked_request_hurry(struct hub *hub, struct parked_request *request, int64_t within_s);

/* What the thread of the hub finds out: it takes more, it has left, its timer, its end. */
void parked_request_write_on(struct hub *hub, struct parked_request *request);
void parked_request_gone(struct hub *hub, struct parked_request *request);
void parked_request_tick(struct hub *hub, struct parked_request *request);
void parked_request_free(struct hub *hub, struct parked_request *request);

#endif
