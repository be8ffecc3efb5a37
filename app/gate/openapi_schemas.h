/* The components of the OpenAPI document: every spec that a route names, once, and what all routes share. */
#ifndef PARLEY_APP_GATE_OPENAPI_SCHEMAS_H
#define PARLEY_APP_GATE_OPENAPI_SCHEMAS_H

#include "parley/core/json_out.h"
#include "parley/gate/route.h"

enum { OPENAPI_SPECS_MAX = 512, OPENAPI_ENUMS_MAX = 128 };

/* ERR_INVALID: two specs share a name, one is used for bodies and replies alike, or there are too many; one line each. */
enum err openapi_schemas_check(const struct route_table *const *tables, size_t table_count,
                               struct buf *ret_faults) MUST_CHECK;
void openapi_components_write(struct json_out *out, const struct route_table *const *tables, size_t table_count);

#endif
