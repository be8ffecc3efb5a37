/*
 * Who may use which model: everyone the server's, but where their workspace has a list of those that it may use; the members of a
 * workspace those of its own providers.
 *
 * Every function here: any thread, no transaction open; errors of the database (parley/db/db.h) besides those that are named.
 * Texts and lists of all results are in the request arena.
 */
#ifndef PARLEY_DOMAIN_MODEL_ACCESS_H
#define PARLEY_DOMAIN_MODEL_ACCESS_H

#include <stdbool.h>
#include <stdint.h>

#include "parley/core/ctx.h"
#include "parley/core/ids.h"
#include "parley/core/list.h"
#include "parley/domain/assist/model.h"
#include "parley/domain/workspaces/member.h"

/* A model as one who may use it sees it. */
struct usable_model {
    struct uuid uuid;
    struct str provider; /* its name */
    struct str model, name;
    int64_t context_tokens, max_output_tokens; /* INT64_MIN: not known */
    struct list flag_names;                    /* struct str */
    struct model_price price;
};
/*
 * Those (struct usable_model) that a user may use: in at least one of their workspaces, or in this one alone (integer key; 0: all of
 * them). The server's come first. Two statements.
 */
enum err model_list_usable(struct ctx *ctx, int64_t user_id, int64_t workspace_id, struct list *ret_list) MUST_CHECK;

/* Which of the server's models a workspace may use. */
struct model_allowance {
    bool is_limited;    /* false: all of them */
    struct list models; /* struct uuid */
};
enum err model_allowance_get(struct ctx *ctx, const struct membership *m,
                             struct model_allowance *ret_allowance) MUST_CHECK;
/*
 * Puts another in its place. ERR_MODEL_NOT_FOUND: one is none of the server's; ERR_FORBIDDEN, ERR_WORKSPACE_NOT_FOUND: the caller is
 * no OWNER any more.
 */
enum err model_allowance_set(struct ctx *ctx, const struct membership *m, int64_t user_id,
                             const struct model_allowance *allowance, struct model_allowance *ret_allowance) MUST_CHECK;

#endif
