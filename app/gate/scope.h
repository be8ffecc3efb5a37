/* What an API key may do on a route. */
#ifndef PARLEY_APP_GATE_SCOPE_H
#define PARLEY_APP_GATE_SCOPE_H

#include "parley/core/ctx.h"
#include "parley/domain/record/principal.h"
#include "parley/gate/route.h"

/*
 * Does the credential reach as far as the row asks? A session does, and so does whoever needs no credential.
 *   principal  NULL: nobody is signed in
 * ERR_KEY_REFUSED: the row is for nobody's key (SCOPE_NONE). ERR_SCOPE: not for this one's scopes.
 */
enum err scope_check(struct ctx *ctx, const struct principal *principal, const struct route *route) MUST_CHECK;

#endif
