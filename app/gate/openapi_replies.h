/* What an operation of the OpenAPI document answers with where all went well. */
#ifndef PARLEY_APP_GATE_OPENAPI_REPLIES_H
#define PARLEY_APP_GATE_OPENAPI_REPLIES_H

#include "parley/core/json_out.h"
#include "parley/gate/route.h"

/* Members of `responses`: one for each status of success, and 304 where the route is tagged. */
void openapi_replies_write(struct json_out *out, const struct route *route);

#endif
