/*
 * Users: accounts of people (and of bots, contacts and visitors: enum user_kind). A deleted account's row stays,
 * emptied, as "Deleted user" for what it wrote; none of these functions finds it.
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
#include "parley/domain/people/user_status.h"
#include "parley/domain/record/principal.h"

/* A user's row without what is secret. Texts are in the request arena; absent ones are NULL in the row. */
struct user {
    int64_t id;
    struct uuid uuid;
    enum user_kind kind;
    struct str name; /* display_name */
    struct str email, username, first_name, last_name;
    enum user_role role;
    bool is_active, is_first_login, tos_accepted, twofa_enabled;
    int64_t last_login_us;            /* 0: never */
    const struct user_status *status; /* NULL: none, or over */
    int64_t created_us, updated_us;
    int64_t version;
    int64_t storage_epoch; /* how often the password was changed (session_token.h) */
};

/* ERR_USER_NOT_FOUND: unknown or deleted. One statement on a key each. */
enum err user_get(struct ctx *ctx, int64_t id, struct user *ret_user) MUST_CHECK;
enum err user_get_by_uuid(struct ctx *ctx, const struct uuid *uuid, struct user *ret_user) MUST_CHECK;
/*
 * The same with the row's lock, inside db_run. gone: the error where there is no such account any more, as the caller knows it:
 * ERR_USER_NOT_FOUND of somebody named in a path, ERR_TOKEN of whoever is signed in, that of a link or challenge which ended with it.
 */
enum err user_lock(struct ctx *ctx, const struct uuid *uuid, enum err gone, struct user *ret_user) MUST_CHECK;
/*
 * Inside db_run, before whatever counts a user's things to add one: of two at once the second waits. It comes before the
 * locks of workspaces, chats and members. The
 * first: ERR_USER_NOT_FOUND. The second takes a normalised address, which nobody needs to have.
 */
enum err user_row_lock(struct ctx *ctx, int64_t id) MUST_CHECK;
enum err user_row_lock_by_email(struct ctx *ctx, struct str email) MUST_CHECK;
/*
 * By address in any case, with the stored password hash (absent: none set). ERR_NOT_FOUND, with nothing in the problem:
 * no such address.
 */
enum err user_find_credential(struct ctx *ctx, struct str email, struct user *ret_user,
                              struct str *ret_password_hash) MUST_CHECK;

/* The stored hash of a caller's password (absent: none set). ERR_TOKEN: the caller was deleted meanwhile. */
enum err user_password_hash(struct ctx *ctx, int64_t id, struct str *ret_hash) MUST_CHECK;

struct user_list_opts {
    struct str query;   /* part of an address, a username or a name, any case; absent or empty: all */
    int64_t after_id;   /* integer key behind which the page begins; 0: at the start */
    int64_t skip_count; /* rows left out behind that */
    int64_t limit;      /* rows at most */
};
/* Users in the order in which they were made. *ret_users in the arena. One statement. */
enum err user_list(struct ctx *ctx, const struct user_list_opts *opts, struct user **ret_users,
                   size_t *ret_count) MUST_CHECK;

struct user_stats {
    int64_t total_users, active_users, admin_users, twofa_enabled_users;
};
enum err user_stats(struct ctx *ctx, struct user_stats *ret_stats) MUST_CHECK;

/* "USER" or "ADMIN", as clients know it. Static. */
struct str user_role_name(enum user_role role);

#endif
