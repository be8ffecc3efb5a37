/*
 * Dialects: the APIs of other systems, whose clients look at statuses, texts and the shape of errors. A route that names a
 * dialect answers every error in it, those of the router and of the gate too.
 */
#ifndef PARLEY_GATE_DIALECT_H
#define PARLEY_GATE_DIALECT_H

#include "parley/core/ctx.h"
#include "parley/core/json_out.h"
#include "parley/gate/rate.h"

struct spec;

/* An error in a dialect's own words. Lists of them end with a row of ERR_OK. */
struct dialect_error {
    enum err err;
    int status;       /* 0: that of errors.def */
    const char *text; /* NULL: the native text */
};

/* An error to be written. */
struct dialect_problem {
    enum err err;
    const char *text;
    const struct fault *faults; /* of a body, a query or a path */
    size_t fault_count;
};

enum dialect_on {
    DIALECT_ON_NOT_SAID_,
    DIALECT_BY_SETTING, /* where DIALECTS names it */
    DIALECT_ALWAYS,
};

/* What {name} in a path is where the row does not say: {workspace} is a UUID in every dialect. */
enum dialect_ids { DIALECT_IDS_NOT_SAID_, DIALECT_IDS_UUID, DIALECT_IDS_INTEGER };

/* All that the gate knows of another system's API. One that is off is in neither the router nor the OpenAPI document. */
struct dialect {
    const char *name; /* as DIALECTS has it: "octopus" */
    enum dialect_on on;
    const char *credential; /* header in which its clients send a key; NULL: none of its own */
    enum rate rate;         /* of its routes that do not say theirs */
    enum dialect_ids ids;
    const struct spec *page; /* of paged lists: page_spec, or fields of a struct page_window (gate/page.h) */
    int64_t limit_default;   /* rows of a list without `limit` */
    int64_t limit_max;       /* a larger `limit` is cut to it, never refused */
    bool ignores_unknown;    /* passes over fields of a body that no row knows; else they are refused */
    const char *error_name;  /* of the errors' schema in the OpenAPI document: "OctopusError" */
    const char *schema;      /* JSON Schema of what error_write writes */
    const char *fault_name;  /* of a further schema that `schema` refers to; NULL: none */
    const char *fault_schema;
    const struct dialect_error *errors; /* where a route has no words of its own (struct route, errors) */
    void (*error_write)(const struct dialect_problem *problem, struct json_out *out); /* a JSON object */
};

struct route_table;

enum { DIALECTS_MAX = 8 };
struct dialects {
    size_t count;
    const struct dialect *rows[DIALECTS_MAX];
};
/* Those that the tables' routes are of, each once. */
struct dialects dialects_find(const struct route_table *const *tables, size_t table_count);

/*
 * Those tables that are on: native ones, and those of dialects that always are or that the setting names.
 *   setting     names with commas; "all"; "none" or empty
 *   ret_tables  room for table_count
 * ERR_INVALID, with a line for each in ret_faults: a name that no dialect has, or a table with rows of several.
 */
enum err dialects_on(const struct route_table *const *tables, size_t table_count, struct str setting,
                     struct buf *ret_faults, const struct route_table **ret_tables, size_t *ret_count) MUST_CHECK;

/* How many rows a list gives. asked: 0 where `limit` was not sent. */
int64_t dialect_limit(const struct dialect *dialect, int64_t asked);

/* The row for an error: the route's if it has one, else the dialect's; NULL: there is none. route_errors may be NULL. */
const struct dialect_error *dialect_error_find(const struct dialect *dialect, const struct dialect_error *route_errors,
                                               enum err e);

/* Where a fault is, as an array: "body" and "parts.0.etag" → ["body", "parts", 0, "etag"]. */
void dialect_place_write(const struct fault *fault, struct json_out *out);

#endif
