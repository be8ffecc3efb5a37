/*
 * What a client gets of a sign-in session: an access token, and what the session is renewed with, either a refresh token or,
 * for a browser, the value of its cookie (session_cookie.h).
 */
#ifndef PARLEY_DOMAIN_SESSION_TOKEN_H
#define PARLEY_DOMAIN_SESSION_TOKEN_H

#include <stdbool.h>
#include <stdint.h>

#include "parley/core/buf.h"
#include "parley/core/ctx.h"
#include "parley/core/ids.h"
#include "parley/core/str.h"
#include "parley/domain/record/principal.h"

/* A session that was made or renewed (session_add, session_refresh): what its tokens are signed from. */
struct session_grant {
    struct uuid user, session;
    struct uuid refresh_jti;
    struct str email; /* absent: none */
    enum user_role role;
    int64_t issued_us, expires_us; /* of the refresh token; whole seconds */
    struct str cookie;             /* absent: the session has refresh tokens */
    bool stays;                    /* the cookie outlives the browser's windows */
    int64_t storage_epoch;         /* of the user */
};

/* Texts in the request arena. */
struct session_tokens {
    struct str access_token;
    int64_t expires_in_s;     /* of the access token */
    struct str refresh_token; /* absent: the session has a cookie, and the three below */
    struct str cookie;
    int64_t cookie_life_s; /* 0: as long as the browser's windows */
    /*
     * The key with which a browser encrypts what it keeps, base64url of 32 bytes: from the sealing key, the user and how
     * often the password was changed. Who only has the disk of the machine cannot read that without signing in.
     */
    struct str storage_key;
};

/* When what is given out now to renew a session expires. Whole seconds. */
int64_t session_expires_us(const struct ctx *ctx);
/*
 * Signs the tokens of a grant; the same grant gives the same tokens. About 1 ms of CPU: never inside a transaction.
 * ERR_NO_MEMORY, ERR_INTERNAL.
 */
enum err session_sign(struct ctx *ctx, const struct session_grant *grant, struct session_tokens *ret_tokens) MUST_CHECK;

/* The public keys with which others verify our tokens (RFC 7517), as JSON text, appended. */
void session_jwks(struct ctx *ctx, struct buf *out);

#endif
