/* Which errors an operation can answer with: those that the gate gives by its row, and those that the row lists. */
#ifndef PARLEY_APP_GATE_OPENAPI_ERRORS_H
#define PARLEY_APP_GATE_OPENAPI_ERRORS_H

#include "parley/core/json_out.h"
#include "parley/gate/route.h"

/* The status of an error of this route: that of its dialect, where it has another one. */
int openapi_error_status(const struct route *route, enum err e);
/* Can the route answer with it? Of what can go wrong with any request on the server's side: never. */
bool openapi_error_is_given(const struct route *route, enum err e);

/* Members of `responses`: one for each 4xx status that the route can answer with, and `default` for all others. */
void openapi_errors_write(struct json_out *out, const struct route *route);

/* components: the schemas ErrorCode and Problem, the examples, the responses of what any route can give. */
void openapi_error_schemas_write(struct json_out *out);
void openapi_error_examples_write(struct json_out *out, const struct route_table *const *tables, size_t table_count);
void openapi_error_responses_write(struct json_out *out, const struct dialects *dialects);

#endif
