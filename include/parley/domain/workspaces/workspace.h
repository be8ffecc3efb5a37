/*
 * Workspaces: the tenants. Each has members with roles (member.h); each user has one personal workspace, which can be
 * neither shared nor deleted. A change of the row, of its members or of their roles moves its version.
 *
 * Every function here: any thread; ERR_DATABASE, ERR_BUSY, ERR_NO_MEMORY and ERR_COMMIT_UNKNOWN as db.h says. Results
 * are in the request arena.
 */
#ifndef PARLEY_DOMAIN_WORKSPACE_H
#define PARLEY_DOMAIN_WORKSPACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "parley/core/ctx.h"
#include "parley/core/ids.h"
#include "parley/core/list.h"
#include "parley/domain/record/idempotency.h"
#include "parley/domain/workspaces/member.h"

/* A workspace as one of its members sees it. */
struct workspace {
    int64_t id;       /* integer key */
    struct uuid uuid; /* public id */
    struct str name;
    bool personal;
    struct uuid created_by; /* zero: nobody any more */
    enum member_role role;  /* the caller's */
    int64_t member_count;
    int64_t retention_days; /* INT64_MIN: kept for ever */
    bool require_2fa;
    int64_t version;
    int64_t created_us, updated_us;
};

struct workspace_list_opts {
    int64_t user_id;
    int64_t only_id;  /* integer key of the one that is wanted; 0: all */
    int64_t after_id; /* integer key behind which the list begins; 0: at the start */
    int64_t limit;    /* rows at most */
};
/* The workspaces of a user (struct workspace), oldest first. One statement. */
enum err workspace_list(struct ctx *ctx, const struct workspace_list_opts *opts, struct list *ret_list) MUST_CHECK;

/* A workspace of the user. ERR_WORKSPACE_NOT_FOUND: none such, gone, or not the user's. One statement. */
enum err workspace_get(struct ctx *ctx, const struct uuid *workspace, int64_t user_id,
                       struct workspace *ret_workspace) MUST_CHECK;

struct workspace_create_opts {
    int64_t user_id;                       /* becomes its OWNER */
    struct str name;                       /* 1 … NAME_MAX_CHARS code points */
    const struct idempotency_claim *claim; /* NULL: none */
};
/*
 * Makes a workspace and its first owner in one transaction; with a claim that was used before, answers with the
 * workspace of that time. ERR_LIMIT: WORKSPACES_PER_USER_MAX reached. ERR_WORKSPACE_NOT_FOUND: what the claim made is
 * gone. ERR_IDEMPOTENCY_BODY.
 */
enum err workspace_create(struct ctx *ctx, const struct workspace_create_opts *opts,
                          struct workspace *ret_workspace) MUST_CHECK;

/* The personal workspace of a new user; inside the db_run that makes the user. */
enum err workspace_create_personal(struct ctx *ctx, int64_t user_id) MUST_CHECK;

/* What is not to change is left out of `fields`. */
enum workspace_field {
    WORKSPACE_CHANGE_NAME = 1,
    WORKSPACE_CHANGE_RETENTION_DAYS = 2,
    WORKSPACE_CHANGE_REQUIRE_2FA = 4
};
struct workspace_update_opts {
    int64_t user_id;    /* the caller, an OWNER */
    int64_t if_version; /* 0: any */
    unsigned fields;    /* enum workspace_field */
    struct str name;
    int64_t retention_days; /* INT64_MIN: for ever */
    bool require_2fa;
    bool has_2fa; /* the caller has a second factor; who has none cannot ask it of all */
};
/*
 * Changes the row. ERR_PRECONDITION: another version; ERR_SECOND_FACTOR_OWN: would shut the caller out;
 * ERR_WORKSPACE_NOT_FOUND.
 */
enum err workspace_update(struct ctx *ctx, const struct membership *membership,
                          const struct workspace_update_opts *opts, struct workspace *ret_workspace) MUST_CHECK;

/*
 * Deletes a workspace: marked in one statement, invisible to everyone from then on; a job removes rows and objects.
 *   if_version  0: any
 * ERR_PERSONAL_WORKSPACE, ERR_PRECONDITION, ERR_WORKSPACE_NOT_FOUND, ERR_FORBIDDEN (the caller is no longer an OWNER).
 */
enum err workspace_delete(struct ctx *ctx, const struct membership *membership, int64_t caller_id,
                          int64_t if_version) MUST_CHECK;

#endif
