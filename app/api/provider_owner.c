#include "provider_owner.h"

enum err provider_owner_of(struct ctx *ctx, const struct call *call, struct provider_owner *ret_owner)
{
    bool is_workspace = call->route->role != ROLE_NO_WORKSPACE;

    if (is_workspace && !ctx->config->workspace_providers)
        return fail(ctx, ERR_PROVIDERS_OFF);
    *ret_owner = (struct provider_owner){ is_workspace ? &call->workspace : NULL, call->principal->user_id };
    return ERR_OK;
}
