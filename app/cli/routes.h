/* All routes of the server, native and of dialects, in the order in which the OpenAPI document shows them. */
#ifndef PARLEY_APP_CLI_ROUTES_H
#define PARLEY_APP_CLI_ROUTES_H

#include "parley/gate/route.h"

extern const struct route_table *const all_routes[];
extern const size_t all_routes_count;

#endif
