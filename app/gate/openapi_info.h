/* What stands before the paths of the OpenAPI document, and the words on who may call an operation. */
#ifndef PARLEY_APP_GATE_OPENAPI_INFO_H
#define PARLEY_APP_GATE_OPENAPI_INFO_H

#include "parley/core/json_out.h"
#include "parley/gate/route.h"

/* openapi, info, servers and tags. */
void openapi_info_write(struct json_out *out, struct str base_path);

/* `description` of an operation: what the row says besides its summary, then who may call it, as the row has it. */
void openapi_description_write(struct json_out *out, const struct route *route);

#endif
