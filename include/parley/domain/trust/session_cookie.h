/*
 * The value of the cookie that renews a browser's session: 32 bytes as 43 characters of base64url. The session's id, 8 random
 * bytes, and a mark made with local.key over both. It is good where its hash stands in the session's row; the mark says
 * only that it once was ours, so that nobody can end a session by an invented value of it, while a value that was
 * replaced long ago ends it (as a refresh token does: RFC 9700 §4.14.2).
 *
 * Each renewal replaces it. The next value is made from the one before, the id of the renewal and local.key, so that the
 * one before gives the same successor again for REFRESH_GRACE_S, though only hashes are kept. Any thread.
 */
#ifndef PARLEY_DOMAIN_SESSION_COOKIE_H
#define PARLEY_DOMAIN_SESSION_COOKIE_H

#include <stdbool.h>
#include <stdint.h>

#include "parley/auth/digest.h"
#include "parley/core/ctx.h"
#include "parley/core/ids.h"
#include "parley/core/str.h"

enum { SESSION_COOKIE_BYTES = 32 };

struct session_cookie {
    struct uuid session;
    uint8_t bytes[SESSION_COOKIE_BYTES];
};

/* The first one of a session. */
void session_cookie_new(struct ctx *ctx, const struct uuid *session, struct session_cookie *ret_cookie);
/* What replaces it at the renewal that gives out the tokens of that id. */
void session_cookie_next(struct ctx *ctx, const struct session_cookie *cookie, const struct uuid *refresh_jti,
                         struct session_cookie *ret_next);
/* Any bytes, any length. ERR_TOKEN, with nothing in the problem: it was never ours. ERR_NO_MEMORY. */
enum err session_cookie_read(struct ctx *ctx, struct str text, struct session_cookie *ret_cookie) MUST_CHECK;
/* As it is sent; absent without memory. In the request arena. */
struct str session_cookie_text(struct ctx *ctx, const struct session_cookie *cookie);
/* As it is kept. */
void session_cookie_hash(const struct session_cookie *cookie, uint8_t ret_hash[SHA256_BYTES]);

/* What a session's row says of its cookie. */
struct session_cookie_row {
    bool exists; /* the session is a browser's */
    uint8_t hash[SHA256_BYTES];
    struct uuid refresh_jti;
    int64_t refresh_issued_us;
};
/* It is the present one, or the one before that, and the renewal was less than REFRESH_GRACE_S ago. */
bool session_cookie_is_good(struct ctx *ctx, const struct session_cookie *cookie, const struct session_cookie_row *row);

#endif
