/*
 * The one place that ends what a person holds: sign-in sessions, sign-ins that wait for their second step, links for a
 * new password or another address. Whatever takes access away (a changed password, a user switched off or deleted, a reused refresh token)
 * comes through here.
 *
 * Any thread; ERR_DATABASE, ERR_BUSY and ERR_NO_MEMORY as db.h says.
 */
#ifndef PARLEY_DOMAIN_REVOCATION_H
#define PARLEY_DOMAIN_REVOCATION_H

#include <stdint.h>

#include "parley/core/ctx.h"

/*
 * Ends all sessions of the user but `kept_id` (its integer key; 0: none is kept), all sign-ins that wait for their second
 * step, and all links (revocation_end_links). Inside a transaction, whose outcome has the user then (outcome_revoke).
 */
enum err revocation_end_sessions(struct ctx *ctx, int64_t user_id, int64_t kept_id) MUST_CHECK;
/* Ends the oldest sessions of the user, so that at most kept_count (above 0) stay. Inside a transaction. */
enum err revocation_end_oldest(struct ctx *ctx, int64_t user_id, int64_t kept_count) MUST_CHECK;
/* Ends all sign-ins of the user that wait for their second step. Inside a transaction or outside. */
enum err revocation_end_challenges(struct ctx *ctx, int64_t user_id) MUST_CHECK;
/* Ends all open links of the user, for a new password and for another address. Inside a transaction or outside. */
enum err revocation_end_links(struct ctx *ctx, int64_t user_id) MUST_CHECK;
/*
 * Tells open streams that sessions of the user have been ended: session_id above 0: that one; 0: all; below 0: all but the one
 * of that number without its sign. Inside the transaction that ended them.
 */
enum err revocation_tell(struct ctx *ctx, int64_t user_id, int64_t session_id) MUST_CHECK;
/* Forgets what this process remembers of the tokens of the outcome's users. Part of what is done after a commit. */
void revocation_forget(const struct app *app, const struct outcome *outcome);

#endif
