#include "parley/domain/trust/session_cookie.h"

#include "parley/auth/keys.h"
#include "parley/core/clock.h"
#include "parley/core/limits.h"
#include "parley/core/rand.h"
#include "parley/core/secret.h"

/* Session, random bytes, mark. */
enum { NONCE_AT = 16, NONCE_BYTES = 8, MARK_AT = NONCE_AT + NONCE_BYTES, MARK_BYTES = SESSION_COOKIE_BYTES - MARK_AT };

/* A purpose, then what is signed; longer than any of the two. */
enum { SIGNED_MAX_BYTES = 128 };

static void mac(struct ctx *ctx, const char *purpose, const struct session_cookie *cookie, size_t len,
                struct str further, uint8_t ret_mac[SHA256_BYTES])
{
    char bytes[SIGNED_MAX_BYTES];
    size_t at = strlen(purpose) + 1;

    memcpy(bytes, purpose, at);
    memcpy(bytes + at, cookie->bytes, len);
    at += len;
    if (further.len > 0)
        memcpy(bytes + at, further.ptr, further.len);
    keys_local_mac(ctx->app->keys, (struct str){ bytes, at + further.len }, ret_mac);
}

static void mark_make(struct ctx *ctx, const struct session_cookie *cookie, uint8_t ret_mac[SHA256_BYTES])
{
    mac(ctx, "parley: cookie of a session", cookie, MARK_AT, (struct str){ NULL, 0 }, ret_mac);
}

/* From a session and its random bytes. */
static void finish(struct ctx *ctx, const struct uuid *session, struct session_cookie *cookie)
{
    uint8_t mark[SHA256_BYTES];

    cookie->session = *session;
    memcpy(cookie->bytes, session->bytes, sizeof(session->bytes));
    mark_make(ctx, cookie, mark);
    memcpy(cookie->bytes + MARK_AT, mark, MARK_BYTES);
}

void session_cookie_new(struct ctx *ctx, const struct uuid *session, struct session_cookie *ret_cookie)
{
    rand_bytes(ret_cookie->bytes + NONCE_AT, NONCE_BYTES);
    finish(ctx, session, ret_cookie);
}

void session_cookie_next(struct ctx *ctx, const struct session_cookie *cookie, const struct uuid *refresh_jti,
                         struct session_cookie *ret_next)
{
    uint8_t nonce[SHA256_BYTES];

    mac(ctx, "parley: next cookie of a session", cookie, SESSION_COOKIE_BYTES, uuid_str(refresh_jti), nonce);
    memcpy(ret_next->bytes + NONCE_AT, nonce, NONCE_BYTES);
    finish(ctx, &cookie->session, ret_next);
}

enum err session_cookie_read(struct ctx *ctx, struct str text, struct session_cookie *ret_cookie)
{
    struct session_cookie cookie;
    struct str bytes;
    uint8_t mark[SHA256_BYTES];
    enum err e = digest_base64url_decode(ctx->arena, text, &bytes);

    if (e == ERR_NO_MEMORY)
        return fail(ctx, e);
    if (e != ERR_OK || bytes.len != SESSION_COOKIE_BYTES)
        return ERR_TOKEN;
    memcpy(cookie.bytes, bytes.ptr, sizeof(cookie.bytes));
    memcpy(cookie.session.bytes, cookie.bytes, sizeof(cookie.session.bytes));
    mark_make(ctx, &cookie, mark);
    if (!secret_eq((struct str){ (char *)mark, MARK_BYTES },
                   (struct str){ (char *)cookie.bytes + MARK_AT, MARK_BYTES }))
        return ERR_TOKEN;
    *ret_cookie = cookie;
    return ERR_OK;
}

struct str session_cookie_text(struct ctx *ctx, const struct session_cookie *cookie)
{
    struct buf text;
    struct str copy;

    buf_init(&text, 2 * SESSION_COOKIE_BYTES);
    digest_base64url(&text, cookie->bytes, sizeof(cookie->bytes));
    copy = arena_str(ctx->arena, buf_str(&text));
    buf_release(&text);
    return copy;
}

void session_cookie_hash(const struct session_cookie *cookie, uint8_t ret_hash[SHA256_BYTES])
{
    digest_sha256((struct str){ (const char *)cookie->bytes, sizeof(cookie->bytes) }, ret_hash);
}

static bool has_hash(const struct session_cookie *cookie, const struct session_cookie_row *row)
{
    uint8_t hash[SHA256_BYTES];

    session_cookie_hash(cookie, hash);
    return secret_eq((struct str){ (char *)hash, sizeof(hash) },
                     (struct str){ (const char *)row->hash, sizeof(row->hash) });
}

bool session_cookie_is_good(struct ctx *ctx, const struct session_cookie *cookie, const struct session_cookie_row *row)
{
    struct session_cookie next;

    if (!row->exists)
        return false;
    if (has_hash(cookie, row))
        return true;
    if (ctx->now_us - row->refresh_issued_us > REFRESH_GRACE_S * US_PER_S)
        return false;
    session_cookie_next(ctx, cookie, &row->refresh_jti, &next);
    return has_hash(&next, row);
}
