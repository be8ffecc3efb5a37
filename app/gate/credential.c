#include "credential.h"

#include "parley/domain/session.h"

/* "Bearer <token>" (RFC 6750 §2.1); absent for anything else. */
static struct str bearer_token(struct str authorization)
{
    size_t blank = str_index(authorization, ' ');
    struct str token;

    if (blank == SIZE_MAX || !str_eq_nocase(str_head(authorization, blank), STR("Bearer")))
        return (struct str){ NULL, 0 };
    token = str_trim(str_tail(authorization, blank));
    return token.len > 0 && token.len <= TOKEN_MAX_BYTES ? token : (struct str){ NULL, 0 };
}

enum err credential_read(struct ctx *ctx, const struct http_request *req, struct principal *ret_principal)
{
    size_t bearer_count = http_header_count(req, "Authorization");
    size_t key_count = http_header_count(req, "X-API-Key");
    struct str token;

    if (bearer_count + key_count == 0)
        return ERR_UNAUTHORIZED;
    if (bearer_count + key_count > 1)
        return fail(ctx, ERR_TWO_CREDENTIALS);
    token = bearer_token(http_header(req, "Authorization"));
    if (token.ptr == NULL)
        return fail(ctx, ERR_TOKEN);
    return session_authenticate(ctx, token, ret_principal);
}
