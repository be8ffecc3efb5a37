/* Making users: the account and its personal workspace, in one transaction. */
#ifndef PARLEY_DOMAIN_USER_CREATE_H
#define PARLEY_DOMAIN_USER_CREATE_H

#include "parley/core/ctx.h"
#include "parley/core/str.h"
#include "parley/domain/people/user.h"

struct user_create_opts {
    enum user_kind kind;
    struct str email;                 /* as typed; kept in lower case. Absent: none, then there is a username */
    struct str username;              /* 1 … USERNAME_MAX_CHARS; absent: made from the address */
    struct str password;              /* user_create: as typed */
    struct str password_hash;         /* user_insert: bcrypt; absent: nobody can sign in */
    struct str first_name, last_name; /* absent: none */
    enum user_role role;
};

/*
 * Makes a user and their personal workspace. Blocks while the password is hashed; no connection may be checked out.
 * ERR_EMAIL_TAKEN, ERR_USERNAME_TAKEN, ERR_PASSWORD_RULES, ERR_BUSY (too much hashing), ERR_KEY_BOUNDS (a bounded key makes
 * no ADMIN). On any error nothing is left.
 */
enum err user_create(struct ctx *ctx, const struct user_create_opts *opts, struct user *ret_user) MUST_CHECK;
/*
 * The rows alone, inside the caller's db_run, for callers whose transaction does more; the hash comes from
 * password_hash_new. Errors as above but those of hashing.
 */
enum err user_insert(struct ctx *ctx, const struct user_create_opts *opts, struct user *ret_user) MUST_CHECK;

#endif
