/*
 * The gate: one function before every handler, with all checks in one order. It finds the route, judges size, credential,
 * rights and body from the route's row, runs the handler, and turns its error into a problem (RFC 9457).
 */
#ifndef PARLEY_GATE_GATE_H
#define PARLEY_GATE_GATE_H

#include "parley/core/buf.h"
#include "parley/core/ctx.h"
#include "parley/gate/route.h"
#include "parley/gate/tally.h"
#include "parley/http/server.h"

struct gate;

/*
 * Checks every row and builds the router. Tables and app are borrowed until gate_free. ERR_INVALID: a row that forgets
 * or contradicts something; all of them are named in ret_faults, one line each. ERR_NO_MEMORY.
 */
struct gate_opts {
    const struct app *app;
    const struct route_table *const *tables;
    size_t table_count;
    int worker_count; /* how many threads answer: http_worker is below it; 0: one */
    struct handover_taker
        taker; /* of the connections that handlers hand over; .take NULL: none may be, that is ERR_INTERNAL */
};
enum err gate_new(const struct gate_opts *opts, struct buf *ret_faults, struct gate **ret_gate) MUST_CHECK;
/* No request may be under way. NULL is fine. */
void gate_free(struct gate *gate);

/* What became of the requests. Borrowed until gate_free. */
const struct tally *gate_tally(const struct gate *gate);
struct gate_stats {
    int64_t upload_count, upload_max; /* requests whose handler reads the body as it comes; at most so many at once */
    int64_t upload_refused_count;     /* those that were one too many */
};
/* Any thread. */
void gate_stats(struct gate *gate, struct gate_stats *ret_stats);

/* For struct server_opts: handle, done and take, with the gate as their arg. Any thread. */
void gate_handle(void *gate, struct http_request *req, struct arena *a, struct reply *reply);
void gate_done(void *gate, struct http_request *req, struct arena *a, const struct reply *reply, enum err sent,
               int64_t took_us);
void gate_take(void *gate, const struct handover *handover);

#endif
