/*
 * How much there is and what happens, for whoever runs the server. A job sums it once a minute into a few rows: what was
 * posted from the event log, with the position as its cursor, so that no posting writes a counter and nothing is counted
 * twice; accounts, workspaces and chats (whose message_count moves with each message) from their tables. What is asked for
 * costs the same however many messages there are.
 *
 * All functions: any thread; errors besides those named: what db_exec returns.
 */
#ifndef PARLEY_DOMAIN_FIGURES_H
#define PARLEY_DOMAIN_FIGURES_H

#include "parley/core/ctx.h"
#include "parley/core/err.h"
#include "parley/core/list.h"

struct figures {
    int64_t counted_us; /* of when all of this is */
    int64_t user_count, active_count, admin_count, twofa_count;
    int64_t signed_in_count; /* accounts whose last sign-in is within 24 hours */
    int64_t new_user_count;  /* made within 30 days */
    int64_t workspace_count, new_workspace_count;
    int64_t chat_count, message_count; /* that are there */
};
/* ERR_BUSY: nothing was counted yet, in the first moments after the first start or an update. */
enum err figures_get(struct ctx *ctx, struct figures *ret_figures) MUST_CHECK;

struct figures_poster {
    struct str email; /* absent: without an address */
    int64_t message_count;
};
struct figures_posted {
    int64_t day_count,
        week_count;   /* posted in the 24 hours and 7 days before `counted_us`, to the minute, by anybody */
    struct list most; /* of struct figures_poster: who has posted most, deleted messages too */
};
/* Up to counted_us. most: FIGURES_MOST_MAX at most, in the request arena. */
enum err figures_posted(struct ctx *ctx, int64_t counted_us, struct figures_posted *ret_posted) MUST_CHECK;

/* For the job: one batch of the event log; the last one, *ret_count 0, sums the rest. */
enum err figures_step(struct ctx *ctx, int64_t *ret_count) MUST_CHECK;

/* Tokens that assistants and /v1 have used. */
struct token_share {
    struct str name; /* a provider's name, or a workspace's public id */
    int64_t token_count;
};
struct token_figures {
    int64_t total_count;
    struct list by_provider,
        by_workspace; /* of struct token_share, those with most first, TOKEN_SHARES_MAX; in the request arena */
};
/* Since the beginning, out of the sums by days that usage.h keeps. */
enum err token_figures(struct ctx *ctx, struct token_figures *ret_tokens) MUST_CHECK;

#endif
