/* The first administrator, where it is to be a program: a bot and its key. The counterpart of domain/lifecycle/setup.h. */
#ifndef PARLEY_DOMAIN_BOOTSTRAP_H
#define PARLEY_DOMAIN_BOOTSTRAP_H

#include "parley/core/ctx.h"
#include "parley/core/str.h"
#include "parley/domain/trust/api_key.h"

/*
 * Makes a bot with the role ADMIN, its personal workspace, and the key "Master API Key" with all scopes: the text of
 * MASTER_API_KEY where it is set, else a new one. Works once, and of many at once for exactly one: while the server has
 * neither user nor key, or with the right SETUP_TOKEN. Where a SETUP_TOKEN is set it is always asked for.
 *   token  absent: none was sent
 * ERR_BOOTSTRAP_DONE, ERR_SETUP_TOKEN (missing or wrong).
 */
enum err bootstrap(struct ctx *ctx, struct str token, struct api_key_made *ret_made) MUST_CHECK;

#endif
