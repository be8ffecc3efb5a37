/* What people do with their own account: register, sign in, change the password. */
#ifndef PARLEY_DOMAIN_ACCOUNT_H
#define PARLEY_DOMAIN_ACCOUNT_H

#include "parley/core/ctx.h"
#include "parley/core/str.h"
#include "parley/domain/session.h"
#include "parley/domain/user.h"

/*
 * Makes an account as far as REGISTRATION allows.
 *   opts    as for user_create; its role is not looked at: USER
 *   invite  token of an invitation to this address, which is accepted in the same transaction; absent: none
 * ERR_REGISTRATION_CLOSED, ERR_INVITATION, ERR_EMAIL_TAKEN, ERR_PASSWORD_RULES, ERR_BUSY. No lease may be held.
 */
enum err account_register(struct ctx *ctx, const struct user_create_opts *opts, struct str invite,
                          struct user *ret_user) MUST_CHECK;

/*
 * Signs in by address and password. The answer to an unknown address and to a wrong password is the same, after the
 * same time. A hash of lower cost than BCRYPT_ROUNDS is replaced. ERR_LOGIN, ERR_USER_INACTIVE (only after the right
 * password), ERR_BUSY. No lease may be held.
 */
enum err account_sign_in(struct ctx *ctx, struct str email, struct str password, const struct session_origin *origin,
                         struct user *ret_user, struct session_tokens *ret_tokens) MUST_CHECK;

/*
 * Changes the caller's password and ends their other sessions.
 * ERR_PASSWORD_WRONG (the current one), ERR_PASSWORD_RULES (the new one), ERR_BUSY. No lease may be held.
 */
enum err account_change_password(struct ctx *ctx, const struct principal *principal, struct str current,
                                 struct str next) MUST_CHECK;

#endif
