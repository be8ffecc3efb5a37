/* The gate's parts. Private to the folder. */
#ifndef PARLEY_APP_GATE_GATE_PRIVATE_H
#define PARLEY_APP_GATE_GATE_PRIVATE_H

#include "exchange.h"
#include "export_slots.h"
#include "in_flight.h"
#include "parley/gate/gate.h"
#include "upload_slots.h"

struct gate {
    const struct app *app;
    struct router *router;
    struct limiter *limiter;
    const struct route_table *const *tables;
    size_t table_count;
    struct dialects dialects;
    struct in_flight in_flight;
    struct export_slots exports;
    struct upload_slots uploads; /* requests under way whose handler reads the body as it comes */
    struct tally *tally;
    struct handover_taker taker;
};

/* Calls the handler of a request that everything before it has let pass. */
enum err gate_run(struct gate *gate, struct exchange *p, struct reply *reply) MUST_CHECK;

#endif
