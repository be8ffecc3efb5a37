/*
 * Users: accounts of people (and of bots, contacts and visitors: enum user_kind). A deleted account's row stays, emptied,
 * as "Deleted user" for what it wrote; none of these functions finds it.
 *
 * Errors of all functions, besides those named: what db_one and db_exec return.
 */
#ifndef PARLEY_DOMAIN_USER_H
#define PARLEY_DOMAIN_USER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "parley/core/ctx.h"
#include "parley/core/ids.h"
#include "parley/core/str.h"
#include "parley/domain/principal.h"

/* A user's row without what is secret. Texts are in the request arena; absent ones are NULL in the row. */
struct user {
    int64_t id;
    struct uuid uuid;
    enum user_kind kind;
    struct str email, username, first_name, last_name;
    enum user_role role;
    bool is_active, is_first_login, tos_accepted, twofa_enabled;
    int64_t last_login_us; /* 0: never */
    int64_t created_us, updated_us;
    int64_t version;
};

/* ERR_USER_NOT_FOUND: unknown or deleted. One statement on a key each. */
enum err user_get(struct ctx *ctx, int64_t id, struct user *ret_user) MUST_CHECK;
enum err user_get_by_uuid(struct ctx *ctx, const struct uuid *uuid, struct user *ret_user) MUST_CHECK;
/* By normalised address (domain/email.h), with the stored password hash (absent: none set). ERR_USER_NOT_FOUND. */
enum err user_get_by_email(struct ctx *ctx, struct str email, struct user *ret_user, struct str *ret_password_hash) MUST_CHECK;

struct user_create_opts {
    struct str email;     /* as typed; kept in lower case */
    struct str username;  /* absent: made from the address */
    struct str password;  /* checked by the rules, then hashed. user_insert: not looked at */
    struct str password_hash; /* user_insert: bcrypt, or absent for an account that cannot sign in. user_create: not looked at */
    struct str first_name, last_name; /* absent: none */
    enum user_role role;
};

/*
 * Makes a person and their personal workspace. Blocks while the password is hashed; no lease may be held.
 * ERR_EMAIL_TAKEN, ERR_USERNAME_TAKEN, ERR_PASSWORD_RULES, ERR_BUSY (too much hashing). On any error nothing is left.
 */
enum err user_create(struct ctx *ctx, const struct user_create_opts *opts, struct user *ret_user) MUST_CHECK;
/* The same inside a transaction of the caller (db_run), who has hashed the password. */
enum err user_insert(struct ctx *ctx, const struct user_create_opts *opts, struct user *ret_user) MUST_CHECK;

struct user_list_opts {
    struct str query;   /* part of an address, a username or a name, any case; absent or empty: all */
    int64_t after_id;   /* integer key behind which the page begins; 0: at the start */
    int64_t skip_count; /* rows left out behind that */
    int64_t limit;      /* rows at most */
};
/* Users in the order in which they were made. *ret_users in the arena. One statement. */
enum err user_list(struct ctx *ctx, const struct user_list_opts *opts, struct user **ret_users, size_t *ret_count) MUST_CHECK;

struct user_stats {
    int64_t total_users, active_users, admin_users, twofa_enabled_users;
};
enum err user_stats(struct ctx *ctx, struct user_stats *ret_stats) MUST_CHECK;

/* What is changed, as bits of user_change.what. */
enum user_change_what {
    USER_CHANGE_FIRST_NAME = 1,
    USER_CHANGE_LAST_NAME = 2,
    USER_CHANGE_TOS = 4,
    USER_CHANGE_ACTIVE = 8,
    USER_CHANGE_ROLE = 16,
};
struct user_change {
    unsigned what;
    int64_t version; /* the row must still have this version; 0: any */
    struct str first_name, last_name; /* absent: none */
    bool tos_accepted, is_active;
    enum user_role role;
};
/*
 * Changes a user. Switching off ends all sessions. ERR_USER_NOT_FOUND, ERR_PRECONDITION (another version), ERR_LAST_ADMIN.
 * Who may change what is the caller's to check.
 */
enum err user_change(struct ctx *ctx, const struct uuid *uuid, const struct user_change *change, struct user *ret_user) MUST_CHECK;

/* What becomes of the messages of a deleted account. */
enum user_messages { USER_MESSAGES_KEEP, USER_MESSAGES_ERASE };
/*
 * Deletes an account: names, address, password, sessions, memberships, open invitations to it and the personal workspace
 * go. What they wrote stays under "Deleted user", or is erased by the job. A workspace whose only owner this was has no
 * owner until an administrator takes it over. ERR_USER_NOT_FOUND, ERR_LAST_ADMIN.
 */
enum err user_delete(struct ctx *ctx, const struct uuid *uuid, enum user_messages messages) MUST_CHECK;

/*
 * Sets a password without asking for the old one and ends all sessions (command line). The rules hold.
 * ERR_USER_NOT_FOUND, ERR_PASSWORD_RULES, ERR_BUSY. No lease may be held.
 */
enum err user_set_password(struct ctx *ctx, struct str email, struct str password) MUST_CHECK;

#endif
