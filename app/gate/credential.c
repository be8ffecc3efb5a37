#include "credential.h"

#include "parley/domain/trust/api_key_text.h"
#include "parley/domain/trust/api_key_use.h"
#include "parley/domain/trust/session.h"

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

/* An access token or a key, told by how keys begin. */
static enum err bearer_read(struct ctx *ctx, struct str value, struct principal *ret_principal)
{
    struct str token = bearer_token(value);

    if (token.ptr == NULL)
        return fail(ctx, ERR_TOKEN);
    if (api_key_looks_like(token))
        return api_key_authenticate(ctx, token, ret_principal);
    return session_authenticate(ctx, token, ret_principal);
}

/* Where a credential may stand. A new kind is a row. */
static const struct credential_kind {
    const char *header;
    enum err (*read)(struct ctx *ctx, struct str value, struct principal *ret_principal);
} kinds[] = {
    { "Authorization", bearer_read },
    { "X-API-Key", api_key_authenticate },
    { "Octopus-API-Key", api_key_authenticate },
};

enum err credential_read(struct ctx *ctx, const struct http_request *req, struct principal *ret_principal)
{
    const struct credential_kind *kind = NULL;
    size_t count = 0;

    for (size_t i = 0; i < COUNT_OF(kinds); i++) {
        size_t of_kind = http_header_count(req, kinds[i].header);
        if (of_kind > 0)
            kind = &kinds[i];
        count += of_kind;
    }
    if (kind == NULL)
        return ERR_UNAUTHORIZED;
    if (count > 1)
        return fail(ctx, ERR_TWO_CREDENTIALS);
    return kind->read(ctx, http_header(req, kind->header), ret_principal);
}
