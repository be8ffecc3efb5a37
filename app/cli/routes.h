/* The routes of the server, native and of dialects, in the order in which the OpenAPI document shows them. */
#ifndef PARLEY_APP_CLI_ROUTES_H
#define PARLEY_APP_CLI_ROUTES_H

#include "parley/core/buf.h"
#include "parley/core/config.h"
#include "parley/gate/route.h"

enum { ROUTE_TABLES_MAX = 64 };

struct routes {
    size_t count;
    const struct route_table *tables[ROUTE_TABLES_MAX];
};

/* Those that are on. Errors of dialects_on. */
enum err routes_of(const struct config *config, struct buf *ret_faults, struct routes *ret_routes) MUST_CHECK;

#endif
