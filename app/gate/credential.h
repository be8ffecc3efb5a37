/* Who is asking: the one credential of a request. */
#ifndef PARLEY_APP_GATE_CREDENTIAL_H
#define PARLEY_APP_GATE_CREDENTIAL_H

#include "parley/core/ctx.h"
#include "parley/domain/record/principal.h"
#include "parley/gate/dialect.h"
#include "parley/http/request.h"

/*
 * Looks at Authorization, X-API-Key, and the headers of the dialects that are on.
 * Returns ERR_OK (*ret_principal is filled in), ERR_UNAUTHORIZED (nothing was sent; not written into the problem, since
 * not every route minds), ERR_TOKEN (what was sent is worth nothing), ERR_TWO_CREDENTIALS, or what session_authenticate
 * and api_key_authenticate return.
 */
enum err credential_read(struct ctx *ctx, const struct http_request *req, const struct dialects *dialects,
                         struct principal *ret_principal) MUST_CHECK;

#endif
