/*
 * What became of the requests: how many of each route ended in each class of status, how long they took, and which errors
 * were answered. Each worker writes figures of its own, so a request costs a few additions in memory that no other
 * processor writes; they are summed when somebody asks. What is counted begins with the process.
 */
#ifndef PARLEY_GATE_TALLY_H
#define PARLEY_GATE_TALLY_H

#include "parley/core/err.h"
#include "parley/core/stats.h"
#include "parley/gate/route.h"

struct tally;

/* worker_count: as http_worker counts; 0 counts as 1. Tables are borrowed until tally_free. NULL without memory. */
struct tally *tally_new(const struct route_table *const *tables, size_t table_count, int worker_count);
void tally_free(struct tally *tally);

struct tally_request {
    const struct route *route; /* NULL: none was found */
    int worker;                /* http_worker */
    int status;
    enum err outcome;
    int64_t took_us;
    int64_t arena_bytes, statement_count;
};
/* On that worker's thread only. */
void tally_add(struct tally *tally, const struct tally_request *request);
/* One whose connection was handed over; its end is told by whoever has taken it. On that worker's thread only. */
void tally_add_handed_over(struct tally *tally, const struct tally_request *request);

/* ---- asked by any thread ---- */

struct tally_route_stats {
    int64_t count;
    struct stats_histogram duration;
};
/* Texts are static. */
struct tally_route {
    const char *method, *path; /* as the route's row has them; "-": there was none */
    const char *status_class;
};
typedef void (*tally_route_fn)(void *arg, const struct tally_route *route, const struct tally_route_stats *stats);
/* fn for each route and class of status that has occurred. */
void tally_each_route(const struct tally *tally, tally_route_fn fn, void *arg);

struct tally_stats {
    int64_t handed_over_count;
    int64_t statement_count; /* of the database, within requests */
    int64_t arena_max_bytes; /* of the request that took most */
};
void tally_stats(const struct tally *tally, struct tally_stats *ret_stats);
/* How many requests ended with this error. */
int64_t tally_error_count(const struct tally *tally, enum err e);

#endif
