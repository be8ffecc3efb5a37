#include "credential.h"

#include "parley/domain/trust/api_key_text.h"
#include "parley/domain/trust/api_key_use.h"
#include "parley/domain/trust/session.h"

/* Schemes by which proxies in front sign people in (RFC 7617, 7616, 4559): what they leave in a request is none of ours. */
static bool is_of_proxy(struct str authorization)
{
    static const char *const schemes[] = { "Basic", "Digest", "Negotiate", "NTLM" };
    struct str scheme = str_head(authorization, str_index(authorization, ' '));

    for (size_t i = 0; i < COUNT_OF(schemes); i++)
        if (str_eq_nocase(scheme, str_from(schemes[i])))
            return true;
    return false;
}

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

/* An access token, or a key, which is recognised by its prefix. */
static enum err bearer_read(struct ctx *ctx, struct str value, struct principal *ret_principal)
{
    struct str token = bearer_token(value);

    if (token.ptr == NULL)
        return fail(ctx, ERR_TOKEN);
    if (api_key_looks_like(token))
        return api_key_authenticate(ctx, token, ret_principal);
    return session_authenticate(ctx, token, ret_principal);
}

typedef enum err (*read_fn)(struct ctx *ctx, struct str value, struct principal *ret_principal);

/* The credentials found so far. */
struct found {
    size_t count;
    const char *header;
    read_fn read;
};

static void look(const struct http_request *req, const char *header, read_fn read, struct found *found)
{
    size_t count = http_header_count(req, header);

    found->count += count;
    if (count > 0) {
        found->header = header;
        found->read = read;
    }
}

enum err credential_read(struct ctx *ctx, const struct http_request *req, const struct dialects *dialects,
                         struct principal *ret_principal)
{
    struct found found = { .count = 0 };

    if (!is_of_proxy(http_header(req, "Authorization")) || http_header_count(req, "Authorization") > 1)
        look(req, "Authorization", bearer_read, &found);
    look(req, "X-API-Key", api_key_authenticate, &found);
    for (size_t i = 0; i < dialects->count; i++)
        if (dialects->rows[i]->credential != NULL)
            look(req, dialects->rows[i]->credential, api_key_authenticate, &found);
    if (found.count == 0)
        return ERR_UNAUTHORIZED;
    if (found.count > 1)
        return fail(ctx, ERR_TWO_CREDENTIALS);
    return found.read(ctx, http_header(req, found.header), ret_principal);
}
