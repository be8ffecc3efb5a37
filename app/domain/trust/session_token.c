#include "parley/domain/trust/session_token.h"

#include <inttypes.h>

#include "parley/auth/digest.h"
#include "parley/auth/jwt.h"
#include "parley/auth/keys.h"
#include "parley/core/clock.h"
#include "parley/core/secret.h"

static const struct str role_names[] = { STR_INIT("USER"), STR_INIT("ADMIN") };

int64_t session_expires_us(const struct ctx *ctx)
{
    return (ctx->now_us / US_PER_S) * US_PER_S + ctx->config->refresh_token_expire_days * US_PER_DAY;
}

/*
 * The id of the access token that goes with a refresh token: made from its id, so that the pair can be signed again
 * (RFC 9562 §5.8, UUIDv8).
 */
static struct uuid access_jti(const struct uuid *refresh_jti)
{
    uint8_t hash[SHA256_BYTES];
    struct uuid id;

    digest_sha256(uuid_str(refresh_jti), hash);
    memcpy(id.bytes, hash, sizeof(id.bytes));
    id.bytes[6] = (uint8_t)((id.bytes[6] & 0x0F) | 0x80);
    id.bytes[8] = (uint8_t)((id.bytes[8] & 0x3F) | 0x80);
    return id;
}

/* Longer than any purpose with the id and the number behind it. */
enum { SIGNED_MAX_BYTES = 64 };

static enum err storage_key_make(struct ctx *ctx, const struct session_grant *grant, struct str *ret_key)
{
    uint8_t key[SHA256_BYTES];
    struct buf text;

    buf_init(&text, SIGNED_MAX_BYTES);
    buf_add_c(&text, "parley: storage key ");
    buf_add(&text, uuid_str(&grant->user));
    buf_addf(&text, "%" PRId64, grant->storage_epoch);
    keys_seal_mac(ctx->app->keys, buf_str(&text), key);
    buf_clear(&text);
    digest_base64url(&text, key, sizeof(key));
    *ret_key = arena_str(ctx->arena, buf_str(&text));
    secret_wipe(key, sizeof(key));
    buf_release(&text);
    return ret_key->len > 0 ? ERR_OK : fail(ctx, ERR_NO_MEMORY);
}

static enum err browser_part_make(struct ctx *ctx, const struct session_grant *grant, struct session_tokens *tokens)
{
    tokens->cookie = grant->cookie;
    tokens->cookie_life_s = grant->stays ? (grant->expires_us - ctx->now_us) / US_PER_S : 0;
    return storage_key_make(ctx, grant, &tokens->storage_key);
}

enum err session_sign(struct ctx *ctx, const struct session_grant *grant, struct session_tokens *ret_tokens)
{
    int64_t life_s = ctx->config->access_token_expire_minutes * (US_PER_MINUTE / US_PER_S);
    struct session_tokens tokens = { .expires_in_s = life_s };
    struct jwt_claims claims = {
        .type = JWT_REFRESH,
        .subject = grant->user,
        .session = grant->session,
        .id = grant->refresh_jti,
        .email = grant->email.ptr == NULL ? STR("") : grant->email,
        .role = role_names[grant->role],
        .issued_s = grant->issued_us / US_PER_S,
        .expires_s = grant->expires_us / US_PER_S,
    };

    if (grant->cookie.ptr == NULL)
        TRY(jwt_sign(ctx->app->keys, ctx->arena, &claims, &tokens.refresh_token));
    else
        TRY(browser_part_make(ctx, grant, &tokens));
    claims.type = JWT_ACCESS;
    claims.id = access_jti(&grant->refresh_jti);
    claims.expires_s = claims.issued_s + life_s;
    TRY(jwt_sign(ctx->app->keys, ctx->arena, &claims, &tokens.access_token));
    *ret_tokens = tokens;
    return ERR_OK;
}

void session_jwks(struct ctx *ctx, struct buf *out)
{
    keys_jwks(ctx->app->keys, out);
}
