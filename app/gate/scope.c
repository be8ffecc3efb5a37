#include "scope.h"

/* A key needs one of these scopes. */
static const unsigned enough[] = {
    [SCOPE_READ] = KEY_SCOPE_READ | KEY_SCOPE_ADMIN,
    [SCOPE_WRITE] = KEY_SCOPE_WRITE | KEY_SCOPE_ADMIN,
    [SCOPE_ADMIN] = KEY_SCOPE_ADMIN,
    [SCOPE_METRICS] = KEY_SCOPE_METRICS | KEY_SCOPE_ADMIN,
    [SCOPE_ANY] = KEY_SCOPE_READ | KEY_SCOPE_WRITE | KEY_SCOPE_ADMIN | KEY_SCOPE_METRICS,
};

enum err scope_check(struct ctx *ctx, const struct principal *principal, const struct route *route)
{
    enum scope wanted = route->access == ACCESS_ADMIN ? SCOPE_ADMIN : route->scope;

    if (principal == NULL || principal->credential == CREDENTIAL_SESSION)
        return ERR_OK;
    if (wanted == SCOPE_NONE)
        return fail(ctx, ERR_KEY_REFUSED);
    return principal->key_scopes & enough[wanted] ? ERR_OK : fail(ctx, ERR_SCOPE);
}
