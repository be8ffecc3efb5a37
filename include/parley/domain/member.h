/* Members of a workspace and their roles. */
#ifndef PARLEY_DOMAIN_MEMBER_H
#define PARLEY_DOMAIN_MEMBER_H

#include <stdbool.h>
#include <stdint.h>

#include "parley/core/ctx.h"
#include "parley/core/ids.h"
#include "parley/domain/principal.h"

/* Ordered: a greater role may do all that a smaller one may. Stored as these numbers. */
enum member_role { MEMBER_ROLE_NONE, MEMBER_ROLE_GUEST, MEMBER_ROLE_MEMBER, MEMBER_ROLE_OWNER };

/* A caller's place in one workspace: what the gate looked up and hands to the handler. */
struct membership {
    int64_t workspace_id;   /* integer key; names the tenant in every statement */
    struct uuid workspace;  /* public id */
    enum member_role role;  /* the caller's */
    bool personal;
    bool require_2fa;
};

/*
 * The membership of a user in a workspace by its public id. One statement, never from a cache, so a removed member is
 * out at once. ERR_WORKSPACE_NOT_FOUND when there is no such workspace, it is being deleted, or the user is not in it.
 */
enum err member_find(struct ctx *ctx, const struct uuid *workspace, int64_t user_id, struct membership *ret_membership) MUST_CHECK;

#endif
