#include "parley/domain/rate_share.h"

#include "parley/auth/digest.h"

enum { NAME_MAX_BYTES = 128 };

enum err rate_share_settle(const struct ctx *ctx, const char *kind, struct str identity,
                           const struct bus_spending *spending, struct bus_bucket *ret_bucket)
{
    struct bus_spending named = *spending;
    uint8_t digest[SHA256_BYTES];
    char hex[SHA256_HEX_BYTES], name[NAME_MAX_BYTES];

    if (ctx->app->bus == NULL)
        return ERR_UNAVAILABLE;
    digest_sha256(identity, digest);
    digest_hex(digest, hex);
    snprintf(name, sizeof(name), "parley:rate:%s:%s", kind, hex);
    named.key = str_from(name);
    return bus_spend(ctx->app->bus, &named, ret_bucket);
}
