/*
 * Browsers in which somebody wants to be told by web push (parley/push/push.h). A browser is one
 * person's. Any thread, one ctx each; errors of the database (parley/db/db.h) besides those that
 * are named. Texts in the request arena.
 */
#ifndef PARLEY_DOMAIN_PUSH_SUBSCRIPTION_H
#define PARLEY_DOMAIN_PUSH_SUBSCRIPTION_H

#include <stdbool.h>
#include <stdint.h>

#include "parley/auth/web_push.h"
#include "parley/core/ctx.h"
#include "parley/core/list.h"

struct push_subscription {
    int64_t id;           /* integer key */
    int64_t failed_count; /* tries in a row that its service did not take */
    struct str endpoint;
    struct web_push_browser browser;
};

/* The server's key, base64url, with which browsers subscribe. Borrowed from ctx->app. */
struct str push_subscription_key(const struct ctx *ctx);

/* As the browser gave them out: base64url. */
struct push_subscription_draft {
    struct str endpoint, p256dh, auth;
};
struct principal;
/*
 * Takes it for the caller's session, with which it ends, in the place of whoever had the same
 * endpoint; the oldest of more than PUSH_SUBSCRIPTIONS_PER_USER_MAX goes. ERR_INVALID, with each
 * fault: an address that is no push service's, keys that are none.
 */
enum err push_subscription_put(struct ctx *ctx, const struct principal *principal,
                               const struct push_subscription_draft *draft) MUST_CHECK;
/* Forgets one of the user's own; one that is not there is fine. */
enum err push_subscription_remove(struct ctx *ctx, int64_t user_id, struct str endpoint) MUST_CHECK;

/* All of somebody who is erased. Inside db_run. */
enum err push_subscriptions_forget(struct ctx *ctx, int64_t user_id) MUST_CHECK;

/* ---- for the job ---- */

/* Those of a user that may be told now (struct push_subscription), the oldest first: of sessions that live, not put off. */
enum err push_subscription_list(struct ctx *ctx, int64_t user_id, struct list *ret_list) MUST_CHECK;
/* What became of a try: taken, or to be tried again only PUSH_BACKOFF_S later, doubled with each failure. */
enum err push_subscription_note(struct ctx *ctx, const struct push_subscription *subscription,
                                bool is_taken) MUST_CHECK;
/* One that is over. */
enum err push_subscription_forget(struct ctx *ctx, int64_t id) MUST_CHECK;

#endif
