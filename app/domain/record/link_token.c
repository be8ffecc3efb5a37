#include "parley/domain/record/link_token.h"

#include "parley/core/rand.h"
#include "parley/core/secret.h"

enum { TOKEN_RANDOM_BYTES = 32, TOKEN_CHARS = 43 };

enum err link_token_new(struct ctx *ctx, struct link_token_hash *ret_hash, struct str *ret_token)
{
    uint8_t secret[TOKEN_RANDOM_BYTES];
    struct buf text;

    buf_init(&text, TOKEN_CHARS);
    rand_bytes(secret, sizeof(secret));
    digest_base64url(&text, secret, sizeof(secret));
    secret_wipe(secret, sizeof(secret));
    digest_sha256(buf_str(&text), ret_hash->bytes);
    *ret_token = arena_str(ctx->arena, buf_str(&text));
    secret_wipe(text.ptr, text.len);
    buf_release(&text);
    return ret_token->len == TOKEN_CHARS ? ERR_OK : fail(ctx, ERR_NO_MEMORY);
}

bool link_token_read(struct str token, struct link_token_hash *ret_hash)
{
    if (token.len != TOKEN_CHARS)
        return false;
    digest_sha256(token, ret_hash->bytes);
    return true;
}

struct str link_token_hash_str(const struct link_token_hash *hash)
{
    return (struct str){ (const char *)hash->bytes, sizeof(hash->bytes) };
}
