/*
 * Sign-in sessions. A session is one row; its access tokens live ACCESS_TOKEN_EXPIRE_MINUTES, its refresh token is
 * replaced at each use and lives REFRESH_TOKEN_EXPIRE_DAYS. A token is worth nothing without its row: an ended or
 * expired session, and a user who was switched off or deleted, is refused everywhere within CACHE_MAX_MS.
 *
 * Errors of all functions, besides those named: what db_exec returns.
 */
#ifndef PARLEY_DOMAIN_SESSION_H
#define PARLEY_DOMAIN_SESSION_H

#include <stdbool.h>
#include <stdint.h>

#include "parley/core/buf.h"
#include "parley/core/ctx.h"
#include "parley/core/ids.h"
#include "parley/core/list.h"
#include "parley/core/str.h"
#include "parley/domain/people/user.h"
#include "parley/domain/record/principal.h"

/*
 * Who sent this access token. Checks the token and its session's and user's rows, or finds the answer of at most
 * CACHE_MAX_MS ago in ctx->app->cache (may be NULL: no cache): then it costs one digest and no statement, no
 * allocation.
 *   token  the text behind "Bearer ", any bytes, any length
 * Returns ERR_OK, ERR_TOKEN for whatever is wrong with it, ERR_NO_MEMORY. Any thread.
 */
enum err session_authenticate(struct ctx *ctx, struct str token, struct principal *ret_principal) MUST_CHECK;

/* Where a sign-in comes from, for the list of sessions. */
struct session_origin {
    struct str ip;         /* ASCII; kept are CLIENT_ADDRESS_MAX_BYTES */
    struct str user_agent; /* any bytes; kept are USER_AGENT_MAX_BYTES of printable text */
};

/* What a client gets. Texts in the request arena. */
struct session_tokens {
    struct str access_token, refresh_token;
    int64_t expires_in_s; /* of the access token */
};

/* A new session of a user, as made by session_add and session_rotate: what its tokens are signed from. */
struct session_grant {
    struct uuid user, session;
    struct uuid refresh_jti;
    struct str email; /* absent: none */
    enum user_role role;
    int64_t issued_us, expires_us; /* of the refresh token; whole seconds */
};

/*
 * Adds a session of `user`, and ends the oldest ones beyond SESSIONS_PER_USER_MAX. Inside a transaction (db_run) of the
 * caller, who has checked that the user may sign in; sign the tokens after it.
 */
enum err session_add(struct ctx *ctx, const struct user *user, const struct session_origin *origin,
                     struct session_grant *ret_grant) MUST_CHECK;

/*
 * Signs the pair of tokens of a grant; the same grant gives the same tokens. About 1 ms of CPU: never inside a
 * transaction. ERR_NO_MEMORY, ERR_INTERNAL.
 */
enum err session_sign(struct ctx *ctx, const struct session_grant *grant, struct session_tokens *ret_tokens) MUST_CHECK;

/* The public keys with which others verify our tokens (RFC 7517), as JSON text, appended. */
void session_jwks(struct ctx *ctx, struct buf *out);

/*
 * Takes a refresh token for a new pair (RFC 9700 §4.14.2: rotation). One conditional UPDATE decides, so of many at once
 * one rotates; for REFRESH_GRACE_S the others, and later tabs, get the same successor again. An older token is a stolen
 * or lost one: its use ends the session. Returns ERR_OK, ERR_TOKEN, ERR_NO_MEMORY.
 */
enum err session_refresh(struct ctx *ctx, struct str refresh_token, struct session_tokens *ret_tokens) MUST_CHECK;

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
