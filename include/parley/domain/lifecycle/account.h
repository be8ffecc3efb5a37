/* What people do with their own account: register, sign in, change the password. */
#ifndef PARLEY_DOMAIN_ACCOUNT_H
#define PARLEY_DOMAIN_ACCOUNT_H

#include "parley/core/ctx.h"
#include "parley/core/str.h"
#include "parley/domain/lifecycle/user_create.h"
#include "parley/domain/trust/second_factor_code.h"
#include "parley/domain/trust/session.h"
#include "parley/domain/trust/sign_in.h"

/*
 * Makes an account as far as REGISTRATION allows.
 *   opts    as for user_create; its role is not looked at: USER
 *   invite  token of an invitation to this address, which is accepted in the same transaction; absent: none
 *   origin  NULL: nobody is signed in, and the result holds the user alone
 * ERR_REGISTRATION_CLOSED, ERR_INVITATION, ERR_EMAIL_TAKEN, ERR_PASSWORD_RULES, ERR_BUSY. no connection may be checked out.
 */
enum err account_register(struct ctx *ctx, const struct user_create_opts *opts, struct str invite,
                          const struct session_origin *origin, struct sign_in_result *ret_result) MUST_CHECK;

/*
 * Signs in by address and password; for a user with a second factor that is the first of two steps, and nobody is signed
 * in by it. The answer to an unknown address and to a wrong password is the same, after the same time. A hash of lower
 * cost than BCRYPT_ROUNDS is replaced. ERR_LOGIN, ERR_USER_INACTIVE (only after the right password), ERR_BUSY. No lease
 * may be held.
 */
enum err account_sign_in(struct ctx *ctx, struct str email, struct str password, const struct session_origin *origin,
                         struct sign_in_result *ret_result) MUST_CHECK;

/*
 * The second step. Of many at once with the same challenge or the same code exactly one signs in.
 *   challenge_token  what account_sign_in gave
 * ERR_CHALLENGE (unknown, used, expired, ended by wrong codes or by a changed password), ERR_CODE_WRONG (also for a used
 * one), ERR_LOCKED, ERR_USER_INACTIVE, ERR_INVALID (not exactly one of the two codes), ERR_UNAVAILABLE.
 */
enum err account_sign_in_second(struct ctx *ctx, struct str challenge_token, const struct second_factor_code *code,
                                const struct session_origin *origin, struct sign_in_result *ret_result) MUST_CHECK;

/*
 * Changes the caller's password and ends their other sessions.
 * ERR_PASSWORD_WRONG (the current one), ERR_PASSWORD_RULES (the new one), ERR_BUSY. no connection may be checked out.
 */
enum err account_change_password(struct ctx *ctx, const struct principal *principal, struct str current,
                                 struct str next) MUST_CHECK;

#endif
