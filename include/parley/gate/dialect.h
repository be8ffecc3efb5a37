/*
 * Dialects: the APIs of other systems, whose clients look at statuses, texts and the shape of errors. A route that names a
 * dialect answers every error in it, those of the router and of the gate too.
 */
#ifndef PARLEY_GATE_DIALECT_H
#define PARLEY_GATE_DIALECT_H

#include "parley/core/ctx.h"
#include "parley/core/json_out.h"

/* An error in a dialect's own words. Lists of them end with a row of ERR_OK. */
struct dialect_error {
    enum err err;
    int status;       /* 0: that of errors.def */
    const char *text; /* NULL: what would be told natively */
};

/* An error as it is to be told. */
struct dialect_problem {
    enum err err;
    const char *text;
    const struct fault *faults; /* of a body, a query or a path */
    size_t fault_count;
};

struct dialect {
    const char *name;                   /* of the errors' schema in the OpenAPI document: "OctopusError" */
    const char *schema;                 /* JSON Schema of what error_write writes */
    const struct dialect_error *errors; /* where a route has no words of its own (struct route, errors) */
    void (*error_write)(const struct dialect_problem *problem, struct json_out *out); /* a JSON object */
};

/* The row for an error: the route's if it has one, else the dialect's; NULL: there is none. route_errors may be NULL. */
const struct dialect_error *dialect_error_find(const struct dialect *dialect, const struct dialect_error *route_errors,
                                               enum err err);

/* Where a fault is, as an array: "body" and "parts.0.etag" → ["body", "parts", 0, "etag"]. */
void dialect_place_write(const struct fault *fault, struct json_out *out);

#endif
