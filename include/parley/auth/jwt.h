/*
 * JSON Web Tokens (RFC 7519), RS256 only (RFC 7518 §3.3). The algorithm is pinned to the key: a token's own "alg" other than
 * RS256, an unknown or missing "kid", embedded keys and duplicate names are refused.
 */
#ifndef PARLEY_AUTH_JWT_H
#define PARLEY_AUTH_JWT_H

#include <stdint.h>

#include "parley/auth/keys.h"
#include "parley/core/arena.h"
#include "parley/core/ids.h"

enum jwt_type { JWT_ACCESS, JWT_REFRESH, JWT_2FA };

/* All claims that we write. Texts are borrowed. */
struct jwt_claims {
    enum jwt_type type;
    struct uuid subject; /* sub: user */
    struct uuid session; /* sid */
    struct uuid id;      /* jti */
    struct str email;    /* "" when the user has none */
    struct str role;     /* "USER" or "ADMIN" */
    int64_t issued_s;    /* iat and nbf */
    int64_t expires_s;   /* exp */
};

/*
 * Signs. The token is the same for the same claims and key (RS256 is deterministic). In the arena, NUL-ended.
 * ERR_NO_MEMORY, ERR_INTERNAL. Any thread. About 0.4 ms of CPU.
 */
enum err jwt_sign(struct keys *keys, struct arena *a, const struct jwt_claims *claims,
                  struct str *ret_token) MUST_CHECK;
/*
 * Checks everything: form, size (TOKEN_MAX_BYTES), alg, kid, signature, iss, type, nbf and exp against now_s (no leeway for exp,
 * 60 s for nbf), and that there is no aud, since our tokens have none.
 * ERR_TOKEN for whatever is wrong, ERR_NO_MEMORY. Texts of ret_claims are in the arena. Any thread. About 20 µs of CPU.
 */
enum err jwt_verify(struct keys *keys, struct arena *a, struct str token, enum jwt_type type, int64_t now_s,
                    struct jwt_claims *ret_claims) MUST_CHECK;

#endif
