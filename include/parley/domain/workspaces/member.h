/*
 * Members of a workspace and their roles. Whatever changes them takes the workspace row's lock first, so the last OWNER
 * who can act stays even when two requests meet, and moves the workspace's version.
 *
 * Every function here: any thread; ERR_DATABASE, ERR_BUSY, ERR_NO_MEMORY and ERR_COMMIT_UNKNOWN as db.h says. Results
 * are in the request arena.
 */
#ifndef PARLEY_DOMAIN_MEMBER_H
#define PARLEY_DOMAIN_MEMBER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "parley/core/ctx.h"
#include "parley/core/ids.h"
#include "parley/core/list.h"
#include "parley/domain/people/user_status.h"
#include "parley/domain/record/principal.h"

/* Ordered: a greater role may do all that a smaller one may. Stored as these numbers. */
enum member_role { MEMBER_ROLE_NONE, MEMBER_ROLE_GUEST, MEMBER_ROLE_MEMBER, MEMBER_ROLE_OWNER };

struct chat_ref;

/* A caller's place in one workspace: what the gate looked up and hands to the handler. */
struct membership {
    int64_t workspace_id;  /* integer key; names the tenant in every statement */
    struct uuid workspace; /* public id */
    enum member_role role; /* the caller's */
    bool personal;
    bool require_2fa;
    int64_t version; /* the workspace's, when this was read */
    bool is_guess;   /* recalled (access_cache.h), so it holds while that version does; the handler proves it */
    const struct chat_ref *chat; /* chat_access_load's; NULL: not asked for, or not there. In the request arena. */
};

/* One member as others see it. */
struct member {
    int64_t id; /* the user's integer key */
    struct uuid user;
    struct str name; /* display_name */
    struct str username;
    struct str email;      /* absent for a caller who is a GUEST, and where there is none */
    struct str first_name; /* absent: none */
    struct str last_name;
    enum member_role role;
    int64_t joined_us;
    const struct user_status *status; /* NULL: none */
};

struct db_row;
/*
 * For statements that list people: takes a row of the columns `member` (sql/queries/members.sql), hiding the
 * address from a caller whose role is GUEST. ERR_NO_MEMORY.
 */
enum err member_read(struct ctx *ctx, const struct db_row *row, enum member_role caller,
                     struct member *ret_member) MUST_CHECK;

/* For statements that begin with {membership} (sql/queries/members.sql): takes it. */
void member_fill(const struct db_row *row, struct membership *ret_membership);

/*
 * The membership of a user in a workspace by its public id. One statement, never from a cache, so a removed member is
 * out at once. ERR_WORKSPACE_NOT_FOUND when there is no such workspace, it is being deleted, or the user is not in it.
 */
enum err member_find(struct ctx *ctx, const struct uuid *workspace, int64_t user_id,
                     struct membership *ret_membership) MUST_CHECK;

/* A part of a list of members. */
struct member_range {
    int64_t after_id; /* the user's integer key behind which it begins; 0: at the start */
    int64_t limit;    /* rows at most */
};
/* Members (struct member) in the order in which their accounts were made. One statement. */
enum err member_list(struct ctx *ctx, const struct membership *caller, const struct member_range *range,
                     struct list *ret_list) MUST_CHECK;

struct member_search_opts {
    struct str query;      /* beginning of a word of a name, of the username or the address, any case; empty: all */
    enum member_role role; /* MEMBER_ROLE_NONE: any */
    struct member_range range;
};
/*
 * The members among them that are meant by what was typed, in the same order. A caller who is a GUEST finds nobody by an
 * address. One statement, over the members of the workspace.
 */
enum err member_search(struct ctx *ctx, const struct membership *caller, const struct member_search_opts *opts,
                       struct list *ret_list) MUST_CHECK;

/*
 * Gives a member another role. The caller is an OWNER.
 * ERR_MEMBER_NOT_FOUND, ERR_LAST_OWNER (the only one who can act cannot become less), ERR_FORBIDDEN (the caller is no longer an
 * OWNER). Invitations of the member to more than the new role are withdrawn.
 */
enum err member_set_role(struct ctx *ctx, const struct membership *caller, int64_t caller_id, const struct uuid *user,
                         enum member_role role, struct member *ret_member) MUST_CHECK;

/*
 * Takes a member out of the workspace, its chats (a foreign key does that) and its invitations. What the member has under
 * way is committed before, or never. An OWNER removes anyone, everyone oneself.
 * An invite-only chat that has no member left is deleted with it: nobody could ever find it again.
 * ERR_MEMBER_NOT_FOUND, ERR_FORBIDDEN, ERR_LAST_OWNER, ERR_PERSONAL_WORKSPACE.
 */
enum err member_remove(struct ctx *ctx, const struct membership *caller, int64_t caller_id,
                       const struct uuid *user) MUST_CHECK;

/*
 * Inside the db_run that erases an account: takes the user out of every workspace, as member_remove does, without asking
 * who the last owner is: a workspace may be left without one. The personal workspace is marked deleted. The user's reactions, and
 * mentions of the user, go too.
 */
enum err member_forget_user(struct ctx *ctx, int64_t user_id) MUST_CHECK;

/*
 * Inside db_run, under the user's row lock (user.h) and workspace_row_lock: makes a user a member, who has read what was said
 * in the workspace before.
 *   member_count  what workspace_row_lock answered
 * ERR_ALREADY_MEMBER; ERR_LIMIT: the workspace is full, or the user is in WORKSPACES_PER_USER_MAX.
 */
enum err member_add(struct ctx *ctx, int64_t workspace_id, int64_t member_count, int64_t user_id,
                    enum member_role role) MUST_CHECK;

/*
 * Inside db_run: asks again whether the caller has at least a role, and holds that to the commit: whoever changes it or
 * takes the caller out waits, or has won. For every change in a workspace whose right is the role alone.
 * ERR_WORKSPACE_NOT_FOUND: no longer a member. ERR_FORBIDDEN: less by now. One statement.
 */
enum err member_require(struct ctx *ctx, const struct membership *m, int64_t user_id,
                        enum member_role least) MUST_CHECK;

/* A user's present role in a workspace; MEMBER_ROLE_NONE when there is none. One statement. */
enum err member_role_get(struct ctx *ctx, int64_t workspace_id, int64_t user_id, enum member_role *ret_role) MUST_CHECK;

/*
 * A member by the user's public id, and (ret_user_id, may be NULL) the user's integer key. ERR_MEMBER_NOT_FOUND. One
 * statement.
 */
enum err member_get(struct ctx *ctx, const struct membership *caller, const struct uuid *user,
                    struct member *ret_member, int64_t *ret_user_id) MUST_CHECK;

/* "GUEST", "MEMBER" or "OWNER", as clients know it. Static. */
struct str member_role_name(enum member_role role);

#endif
