/* The last step of every way of signing in: the session. */
#ifndef PARLEY_DOMAIN_SIGN_IN_H
#define PARLEY_DOMAIN_SIGN_IN_H

#include "parley/core/ctx.h"
#include "parley/core/str.h"
#include "parley/domain/people/user.h"
#include "parley/domain/trust/session.h"

/* What a sign-in came to. Texts in the request arena. */
struct sign_in_result {
    struct str challenge_token; /* there: a second step is needed, and nothing below is filled in */
    struct user user;
    struct session_tokens tokens; /* access_token absent: nobody was signed in */
};

/* Somebody who has shown the password of which this is the hash. */
struct sign_in_proof {
    int64_t user_id;
    struct str hash;     /* as it was seen; the row must still have it */
    struct str new_hash; /* what takes its place; mostly the same */
};

/*
 * Inside db_run: writes down that the user signs in, and adds a session. ERR_LOGIN, with nothing changed and nothing in the
 * problem: password or state was changed meanwhile, or a second factor is on. Sign the tokens after the transaction.
 */
enum err sign_in_begin(struct ctx *ctx, const struct sign_in_proof *proof, const struct session_origin *origin,
                       struct user *ret_user, struct session_grant *ret_grant) MUST_CHECK;

#endif
