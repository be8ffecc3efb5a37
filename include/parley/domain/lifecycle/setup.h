/* The first administrator. */
#ifndef PARLEY_DOMAIN_SETUP_H
#define PARLEY_DOMAIN_SETUP_H

#include <stdbool.h>

#include "parley/core/ctx.h"
#include "parley/core/str.h"
#include "parley/domain/lifecycle/user_create.h"
#include "parley/domain/trust/sign_in.h"

/* *ret_required: no user exists yet. One statement. */
enum err setup_required(struct ctx *ctx, bool *ret_required) MUST_CHECK;

/*
 * For the start of a server: the token that /auth/setup will ask for, to be shown with the link. Where SETUP_TOKEN is
 * `auto` and no user exists, *ret_token is that token, 32 characters, in the arena: the same at each start and on each
 * host, since it is made from local.key, and kept nowhere. Otherwise absent.
 */
enum err setup_token_ensure(struct ctx *ctx, struct str *ret_token) MUST_CHECK;

/*
 * Makes the first user, an ADMIN. Of many at once exactly one wins. opts: as for user_create; its role is not looked
 * at. origin: NULL: nobody is signed in, and the result holds the user alone. ERR_SETUP_DONE, ERR_SETUP_TOKEN (token missing or wrong), ERR_PASSWORD_RULES, ERR_BUSY. no connection may be checked out.
 */
enum err setup_complete(struct ctx *ctx, const struct user_create_opts *opts, struct str token,
                        const struct session_origin *origin, struct sign_in_result *ret_result) MUST_CHECK;

/* What the token says that came with a request. */
enum setup_token { SETUP_TOKEN_UNSET, SETUP_TOKEN_RIGHT, SETUP_TOKEN_WRONG };
/* UNSET: none is asked for, whatever was sent. ERR_NO_MEMORY. */
enum err setup_token_judge(struct ctx *ctx, struct str token, enum setup_token *ret_state) MUST_CHECK;
/*
 * Inside db_run: takes the right to make the first administrator, for good. ERR_CONFLICT, with nothing in the problem:
 * somebody has it already.
 */
enum err setup_claim(struct ctx *ctx) MUST_CHECK;

#endif
