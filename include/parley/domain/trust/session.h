/*
 * Sign-in sessions. A session is one row; its access tokens live ACCESS_TOKEN_EXPIRE_MINUTES, its refresh token, or the
 * cookie that a browser has instead, is replaced at each use and lives REFRESH_TOKEN_EXPIRE_DAYS. A token is worth nothing without its row: an ended or
 * expired session, and a user who was switched off or deleted, is refused everywhere within CACHE_MAX_MS.
 *
 * Errors of all functions, besides those named: what db_exec returns.
 */
#ifndef PARLEY_DOMAIN_SESSION_H
#define PARLEY_DOMAIN_SESSION_H

#include <stdbool.h>
#include <stdint.h>

#include "parley/core/ctx.h"
#include "parley/core/ids.h"
#include "parley/core/list.h"
#include "parley/core/str.h"
#include "parley/domain/people/user.h"
#include "parley/domain/record/principal.h"
#include "parley/domain/trust/session_token.h"

/*
 * Who sent this access token. Checks the token and its session's and user's rows, or finds the answer of at most
 * CACHE_MAX_MS ago in ctx->app->cache (may be NULL: no cache): then it costs one digest and no statement, no
 * allocation.
 *   token  the text behind "Bearer ", any bytes, any length
 * Returns ERR_OK, ERR_TOKEN for whatever is wrong with it, ERR_NO_MEMORY. Any thread.
 */
enum err session_authenticate(struct ctx *ctx, struct str token, struct principal *ret_principal) MUST_CHECK;

/*
 * The same by the cookie of a browser's session (session_cookie.h), from the rows and never from the cache: this is for what a
 * page cannot send its access token with. ERR_OK, ERR_TOKEN, ERR_NO_MEMORY.
 */
enum err session_authenticate_cookie(struct ctx *ctx, struct str text, struct principal *ret_principal) MUST_CHECK;

/* Where a sign-in comes from, for the list of sessions, and who keeps what the session is renewed with. */
struct session_origin {
    struct str ip;         /* ASCII; kept are CLIENT_ADDRESS_MAX_BYTES */
    struct str user_agent; /* any bytes; kept are USER_AGENT_MAX_BYTES of printable text */
    bool in_cookie;        /* a browser, in its cookie: no refresh token is given out */
    bool stays;            /* the cookie outlives the browser's windows */
};

/*
 * Adds a session of `user`, and ends the oldest ones beyond SESSIONS_PER_USER_MAX. Inside a transaction (db_run) of the
 * caller, who has checked that the user may sign in; sign the tokens after it (session_token.h).
 */
enum err session_add(struct ctx *ctx, const struct user *user, const struct session_origin *origin,
                     struct session_grant *ret_grant) MUST_CHECK;

/* One row of the list of sessions. Texts in the request arena. */
struct session {
    struct uuid uuid;
    bool current; /* the one that asks */
    int64_t created_us, last_used_us, expires_us;
    struct str ip, user_agent;
};

/*
 * The living sessions of a user, newest first: at most SESSIONS_PER_USER_MAX, and a few more while several sign in at
 * once. `current` is set on the one that asks, if it is among them.
 */
enum err session_list(struct ctx *ctx, int64_t user_id, struct list *ret_sessions) MUST_CHECK;
/* Ends one session of the user. ERR_SESSION_NOT_FOUND: unknown, somebody else's, or ended already. */
enum err session_end(struct ctx *ctx, int64_t user_id, const struct uuid *user, const struct uuid *session) MUST_CHECK;
/* Ends all sessions of a user but the one that asks, if it is among them, and what could become one (revocation.h). */
enum err session_end_all(struct ctx *ctx, int64_t user_id, const struct uuid *user) MUST_CHECK;

/*
 * Deletes rows that ended or expired more than a day ago, at most `limit`; *ret_count: how many. For the clean-up job.
 */
enum err session_expire(struct ctx *ctx, int64_t limit, int64_t *ret_count) MUST_CHECK;

#endif
