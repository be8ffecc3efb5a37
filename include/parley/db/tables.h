/*
 * What sql/compile.py makes of sql/queries and sql/schema at build time. For the room db and for tests; other rooms
 * need enum sql only (parley/db/statements.h).
 */
#ifndef PARLEY_DB_TABLES_H
#define PARLEY_DB_TABLES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "parley/db/statements.h"

enum statement_verb { STATEMENT_SELECT, STATEMENT_INSERT, STATEMENT_UPDATE, STATEMENT_DELETE };

struct statement {
    const char *name;  /* as in the file: "user_by_email" */
    const char *place; /* file:line */
    const char *sqlite, *mysql;
    enum statement_verb verb;
    size_t param_count; /* number of ? */
    bool tenant;        /* touches a tenant's table and names workspace_id */
    uint64_t events;    /* kinds that are due where it changes a row: bit n is the n-th row of events.def */
};
/* Indexed by enum sql; row SQL_NONE_ is empty. */
extern const struct statement statements[SQL_COUNT];

/* One version of the schema. */
struct schema_step {
    int version;      /* 1, 2, 3 … */
    const char *name; /* "base" */
    const char *const *up;
    size_t up_count;
    const char *const *down;
    size_t down_count;
    const char *checksum; /* SHA-256 of the up statements without comments, hex */
};
struct schema {
    const struct schema_step *steps;
    size_t step_count;
};
enum { SCHEMA_SQLITE, SCHEMA_MYSQL, SCHEMA_COUNT };
extern const struct schema schemas[SCHEMA_COUNT];

#endif
