#include "provider_address.h"

#include "parley/core/limits.h"
#include "parley/core/url.h"

enum { PORT_HTTP = 80, PORT_HTTPS = 443 };

struct str provider_address_trim(struct str base_url)
{
    return str_ends_with(base_url, STR("/")) ? str_head(base_url, base_url.len - 1) : base_url;
}

/* ERR_INVALID: it is none that can be asked over HTTP. */
static enum err address_split(struct str base_url, struct url *ret_url, int *ret_port)
{
    bool is_https = str_starts_with(base_url, STR("https://"));

    if ((!is_https && !str_starts_with(base_url, STR("http://"))) || str_has_control(base_url) ||
        str_index(base_url, ' ') != SIZE_MAX || str_index(base_url, '#') != SIZE_MAX ||
        str_index(base_url, '\\') != SIZE_MAX)
        return ERR_INVALID;
    TRY(url_split(base_url, URL_QUERY, ret_url));
    if (ret_url->host.len == 0 || ret_url->user.ptr != NULL || ret_url->query.ptr != NULL)
        return ERR_INVALID;
    return url_port(ret_url, is_https ? PORT_HTTPS : PORT_HTTP, ret_port);
}

bool provider_address_same_host(struct str a, struct str b)
{
    struct url url_a, url_b;
    int port_a, port_b;

    return address_split(a, &url_a, &port_a) == ERR_OK && address_split(b, &url_b, &port_b) == ERR_OK &&
           port_a == port_b && str_eq(url_a.scheme, url_b.scheme) && str_eq_nocase(url_a.host, url_b.host);
}

static bool is_allowed(const struct config *config, const struct url *url, int port)
{
    return url_is_listed(str_from(config->egress_allow), url, port);
}

enum egress_trust provider_address_trust(const struct config *config, const struct provider *provider)
{
    struct url url;
    int port;

    if (provider->workspace_id == PROVIDER_OF_ENVIRONMENT ||
        (address_split(provider->base_url, &url, &port) == ERR_OK && is_allowed(config, &url, port)))
        return EGRESS_OPERATOR;
    return provider->is_inner && provider->workspace_id == PROVIDER_OF_SERVER ? EGRESS_INNER : EGRESS_FOREIGN;
}

static enum err refuse(struct ctx *ctx, const char *message)
{
    return problem_add(ctx->problem, (struct fault){ "body", "base_url", "value_error.url", message });
}

enum err provider_address_check(struct ctx *ctx, const struct provider *provider)
{
    struct url url;
    int port;

    if (provider->base_url.len == 0)
        return refuse(ctx, "This kind of provider has no address of its own: send one");
    if (provider->base_url.len > PROVIDER_URL_MAX_BYTES || address_split(provider->base_url, &url, &port) != ERR_OK)
        return refuse(ctx, "An address begins with https:// or http://, names a host, and has neither user nor query");
    if (provider_address_trust(ctx->config, provider) != EGRESS_FOREIGN)
        return ERR_OK;
    if (!str_eq_c(url.scheme, "https"))
        return refuse(ctx, "Outside of the operator's own network a key is sent by https only");
    if (port != PORT_HTTPS)
        return refuse(ctx, "Outside of the operator's own network providers are at port 443");
    return ERR_OK;
}
