/* The OpenAPI 3.1 document, printed from the rows of the route tables, so that it cannot lie. */
#ifndef PARLEY_GATE_OPENAPI_H
#define PARLEY_GATE_OPENAPI_H

#include "parley/core/json_out.h"
#include "parley/gate/route.h"

/*
 * Writes the document. base_path is that of PUBLIC_URL, "" or "/chat": addresses begin with it. Paths stand in the tables' order. What OpenAPI has no word for is in x-access, x-role, x-scope,
 * x-rate and x-flags of each operation. Check buf_check afterwards.
 */
void openapi_write(struct json_out *out, const struct route_table *const *tables, size_t table_count,
                   struct str base_path);

#endif
