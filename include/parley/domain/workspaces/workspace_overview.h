/*
 * Workspaces as administrators see them, who are not members: what there is, how large and whose, but nothing that is said in
 * it; and the way out where nobody is left who can act as an OWNER.
 *
 * Every function here: any thread; errors besides those named: what db_run and db_each return. Results are in the request
 * arena. The caller checks that an ADMIN asks.
 */
#ifndef PARLEY_DOMAIN_WORKSPACE_OVERVIEW_H
#define PARLEY_DOMAIN_WORKSPACE_OVERVIEW_H

#include <stdbool.h>
#include <stdint.h>

#include "parley/core/ctx.h"
#include "parley/core/ids.h"
#include "parley/core/list.h"
#include "parley/core/str.h"

struct workspace_owner {
    struct uuid user;
    struct str name;  /* display_name */
    struct str email; /* absent: none */
    bool is_active;
};

struct workspace_overview {
    int64_t id; /* integer key */
    struct uuid uuid;
    struct str name;
    bool personal;
    int64_t member_count, chat_count, file_bytes;
    struct list owners;  /* struct workspace_owner, the first OWNERS_LISTED_MAX */
    int64_t owner_count; /* all of them */
    bool deserted;       /* no OWNER can act, so it can be taken over */
    int64_t created_us, updated_us;
};

enum workspace_kind { WORKSPACES_SHARED, WORKSPACES_PERSONAL, WORKSPACES_ALL };
struct workspace_overview_opts {
    enum workspace_kind kind;
    int64_t after_id; /* integer key behind which the list begins; 0: at the start */
    int64_t limit;    /* rows at most */
};
/* Workspaces (struct workspace_overview), oldest first. Two statements; each workspace's files are summed up in an index. */
enum err workspace_overview_list(struct ctx *ctx, const struct workspace_overview_opts *opts,
                                 struct list *ret_list) MUST_CHECK;

struct deserted_workspace {
    struct uuid uuid;
    struct str name;
};
/*
 * The shared workspaces (struct deserted_workspace, the first DESERTED_LISTED_MAX) of which this user is the only OWNER who could
 * act: those that are left deserted when the account is switched off or deleted. One statement.
 */
enum err workspace_deserted_without(struct ctx *ctx, int64_t user_id, struct list *ret_list) MUST_CHECK;

/*
 * Makes ctx->actor an OWNER of a workspace in which no OWNER can act: all are switched off, or there is none.
 * ERR_WORKSPACE_NOT_FOUND; ERR_PERSONAL_WORKSPACE; ERR_OWNER_PRESENT; ERR_LIMIT: too many members, or workspaces of the
 * caller.
 */
enum err workspace_take_over(struct ctx *ctx, const struct uuid *workspace) MUST_CHECK;

#endif
