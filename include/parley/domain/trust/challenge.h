/*
 * Challenges: sign-ins whose password was right and whose second step is still to come. A challenge is one row and one
 * token of a type of its own (JWT, CHALLENGE_LIFE_S); used, after CHALLENGE_WRONG_MAX wrong codes, or once the user's
 * sessions are ended, the token is worth nothing.
 *
 * Errors of all functions, besides those named: what db_exec returns.
 */
#ifndef PARLEY_DOMAIN_CHALLENGE_H
#define PARLEY_DOMAIN_CHALLENGE_H

#include "parley/core/ctx.h"
#include "parley/core/ids.h"
#include "parley/core/str.h"
#include "parley/domain/people/user.h"

struct challenge {
    struct uuid id;
    struct uuid user;
};

/* A new one for a user whose password was right. Inside db_run. */
enum err challenge_add(struct ctx *ctx, const struct user *user, struct challenge *ret_challenge) MUST_CHECK;
/* Its token, in the arena. About 0.4 ms of CPU: never inside a transaction. ERR_NO_MEMORY, ERR_INTERNAL. */
enum err challenge_sign(struct ctx *ctx, const struct challenge *challenge, const struct user *user,
                        struct str *ret_token) MUST_CHECK;
/* What a token says, as far as the token alone tells. ERR_CHALLENGE for whatever is wrong with it, ERR_NO_MEMORY. */
enum err challenge_read(struct ctx *ctx, struct str token, struct challenge *ret_challenge) MUST_CHECK;

/* The next three inside db_run, the user's row locked. ERR_CHALLENGE: unknown, used, ended or expired. */
enum err challenge_check(struct ctx *ctx, const struct challenge *challenge, int64_t user_id) MUST_CHECK;
/* Uses it up; of many at once exactly one gets ERR_OK. */
enum err challenge_consume(struct ctx *ctx, const struct challenge *challenge, int64_t user_id) MUST_CHECK;
/* Counts a wrong code. */
enum err challenge_add_wrong(struct ctx *ctx, const struct challenge *challenge, int64_t user_id) MUST_CHECK;

/* Deletes those that have expired, at most `limit`; *ret_count: how many. For the clean-up job. */
enum err challenge_expire(struct ctx *ctx, int64_t limit, int64_t *ret_count) MUST_CHECK;

#endif
