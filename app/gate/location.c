#include "parley/gate/location.h"

#include "parley/core/config.h"

struct str location_public_path(const struct config *config)
{
    struct str url = str_from(config->public_url);
    struct str behind;

    if (str_index(url, ':') == SIZE_MAX)
        return STR("");
    behind = str_tail(url, str_index(url, ':') + strlen("://"));
    return str_index(behind, '/') == SIZE_MAX ? STR("") : str_tail(behind, str_index(behind, '/'));
}

/* Rows that have /api in their own path are served under it alone. */
static const char *asked_prefix(const struct call *call)
{
    return str_starts_with(call->path, STR("/api/")) && !str_starts_with(str_from(call->route->path), STR("/api/"))
               ? "/api"
               : "";
}

void location_set(struct ctx *ctx, const struct call *call, struct reply *reply, const char *path)
{
    if (path != NULL)
        reply_header(
            reply, "Location",
            arena_printf(ctx->arena, "%.*s%s%s", STR_FMT(location_public_path(ctx->config)), asked_prefix(call), path));
}
