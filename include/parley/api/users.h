/* What several tables of the API do with users. */
#ifndef PARLEY_API_USERS_H
#define PARLEY_API_USERS_H

#include "parley/core/ctx.h"
#include "parley/domain/people/user.h"
#include "parley/gate/route.h"

/* Answers with a user that was just made: the JSON, and where it is found. */
void users_reply_created(struct ctx *ctx, const struct call *call, const struct user *user, struct reply *reply);
/* Answers with a user's row and version. */
void users_reply_one(const struct user *user, struct reply *reply);

/* PUT of a user; which fields may be sent is the spec's to say. Rows in the order of enum user_change_what's bits. */
struct user_change_body {
    struct body body;
    struct str first_name, last_name;
    bool tos_accepted, is_active;
    int role; /* enum user_role */
    struct str email;
};
/* Changes a user as a decoded body says, heeding If-Match; the row as it is then. */
enum err users_change(struct ctx *ctx, const struct call *call, const struct uuid *uuid,
                      struct user *ret_user) MUST_CHECK;

/*
 * The account of a path's first {user}, which is the caller's own or asked for by an ADMIN. ERR_USER_NOT_FOUND: unknown,
 * deleted, or not to be seen by the caller.
 */
enum err users_get_visible(struct ctx *ctx, const struct call *call, struct user *ret_user) MUST_CHECK;

#endif
