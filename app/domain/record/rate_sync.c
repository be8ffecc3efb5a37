#include "parley/domain/record/rate_sync.h"

#include "parley/auth/digest.h"
#include "parley/auth/keys.h"

enum { NAME_MAX_BYTES = 128, MACED_MAX_BYTES = 512 };

/* "parley:rate:<kind>:" and a MAC of label, kind and identity. */
static enum err name_write(struct keys *keys, const char *kind, struct str identity, char ret_name[NAME_MAX_BYTES])
{
    uint8_t mac[SHA256_BYTES];
    char hex[SHA256_HEX_BYTES];
    struct buf maced;
    enum err e;

    buf_init(&maced, MACED_MAX_BYTES);
    buf_addf(&maced, "rate %s ", kind);
    buf_add(&maced, identity);
    e = buf_check(&maced);
    if (e == ERR_OK) {
        keys_local_mac(keys, buf_str(&maced), mac);
        digest_hex(mac, hex);
        (void)snprintf(ret_name, NAME_MAX_BYTES, "parley:rate:%s:%s", kind, hex);
    }
    buf_release(&maced);
    return e;
}

enum err rate_sync_run(const struct ctx *ctx, const char *kind, struct str identity,
                       const struct bus_consumption *consumption, struct bus_bucket *ret_bucket)
{
    struct bus_consumption named = *consumption;
    char name[NAME_MAX_BYTES];

    if (ctx->app->bus == NULL)
        return ERR_UNAVAILABLE;
    TRY(name_write(ctx->app->keys, kind, identity, name));
    named.key = str_from(name);
    return bus_consume(ctx->app->bus, &named, ret_bucket);
}
