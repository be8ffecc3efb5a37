#include "cors.h"

#include <ctype.h>

#include "parley/core/origin.h"
#include "route_check.h"

static const char request_headers[] = "Authorization, Content-Type, Idempotency-Key, If-Match, If-None-Match, "
                                      "Last-Event-ID, X-API-Key";
static const char reply_headers[] =
    "Accept-Ranges, Content-Disposition, Content-Range, ETag, Link, Location, RateLimit-Limit, RateLimit-Remaining, RateLimit-Reset, "
    "Retry-After, WWW-Authenticate, X-Request-Id";

static bool is_port(struct str text)
{
    if (text.len == 0)
        return true;
    if (text.ptr[0] != ':' || text.len < 2 || text.len > 6)
        return false;
    for (size_t i = 1; i < text.len; i++)
        if (!isdigit((unsigned char)text.ptr[i]))
            return false;
    return true;
}

static bool is_localhost(struct str origin)
{
    static const char *const hosts[] = { "http://localhost",  "https://localhost", "http://127.0.0.1",
                                         "https://127.0.0.1", "http://[::1]",      "https://[::1]" };

    for (size_t i = 0; i < COUNT_OF(hosts); i++)
        if (str_starts_with(origin, str_from(hosts[i])) && is_port(str_tail(origin, strlen(hosts[i]))))
            return true;
    return false;
}

static bool is_allowed(const struct config *config, struct str origin)
{
    struct str rest = str_from(config->allowed_origins);
    struct str one;

    if (config->environment == ENVIRONMENT_DEVELOPMENT && is_localhost(origin))
        return true;
    while (str_split(&rest, ',', &one)) {
        one = str_trim(one);
        if (one.len > 0 && str_eq_nocase(one, origin))
            return true;
    }
    return false;
}

/* As nginx saw the request: REQUEST_SCHEME is what a trusted proxy says, if there is one. */
static bool is_own_name(const struct http_request *req, struct str origin)
{
    struct str host = http_header(req, "Host");
    struct str scheme = http_param(req, "REQUEST_SCHEME");
    struct buf url;
    bool is;

    buf_init(&url, ORIGIN_MAX_BYTES);
    buf_addf(&url, "%.*s://%.*s", STR_FMT(scheme), STR_FMT(host));
    is = buf_check(&url) == ERR_OK && host.len > 0 && origin_is(origin, buf_str(&url));
    buf_release(&url);
    return is;
}

bool cors_is_own(const struct ctx *ctx, const struct http_request *req, struct str origin)
{
    return is_own_name(req, origin) || origin_is(origin, str_from(ctx->config->public_url));
}

static bool is_foreign(const struct ctx *ctx, const struct http_request *req)
{
    struct str origin = http_header(req, "Origin");

    if (origin.ptr == NULL)
        return str_eq_nocase(http_header(req, "Sec-Fetch-Site"), STR("cross-site"));
    return !cors_is_own(ctx, req, origin) && !is_allowed(ctx->config, origin);
}

enum err cors_cross_site_check(struct ctx *ctx, const struct call *call)
{
    if (call->principal != NULL || access_is_in_url(call->route->access) || !method_changes(call->route->method))
        return ERR_OK;
    return is_foreign(ctx, call->request) ? fail(ctx, ERR_CROSS_SITE) : ERR_OK;
}

static bool any_is_allowed(const struct config *config)
{
    return config->allowed_origins[0] != '\0' || config->environment == ENVIRONMENT_DEVELOPMENT;
}

void cors_headers(const struct ctx *ctx, const struct http_request *req, struct reply *reply)
{
    struct str origin;

    if (!any_is_allowed(ctx->config))
        return;
    reply_header(reply, "Vary", "Origin");
    origin = http_header(req, "Origin");
    if (origin.len == 0 || str_has_control(origin) || !is_allowed(ctx->config, origin))
        return;
    reply_header(reply, "Access-Control-Allow-Origin", arena_cstr(ctx->arena, origin));
    reply_header(reply, "Access-Control-Allow-Credentials", "true");
    reply_header(reply, "Access-Control-Expose-Headers", reply_headers);
}

const char *cors_methods(struct arena *a, unsigned methods)
{
    char text[80] = "";
    size_t len = 0;

    for (enum method m = GET; m <= OPTIONS; m++)
        if (methods & (1U << m))
            len += (size_t)snprintf(text + len, sizeof(text) - len, "%s%s", len > 0 ? ", " : "", method_name(m));
    return arena_cstr(a, (struct str){ text, len });
}

/* Those of ours, and in which the dialects that are on have their keys. */
static const char *allowed_headers(struct arena *a, const struct dialects *dialects)
{
    const char *text = request_headers;

    for (size_t i = 0; i < dialects->count && text != NULL; i++)
        if (dialects->rows[i]->credential != NULL)
            text = arena_printf(a, "%s, %s", text, dialects->rows[i]->credential);
    return text;
}

bool cors_is_preflight(const struct ctx *ctx, const struct http_request *req)
{
    return http_method(req) == OPTIONS && http_header(req, "Access-Control-Request-Method").len > 0 &&
           is_allowed(ctx->config, http_header(req, "Origin"));
}

void cors_preflight(const struct ctx *ctx, const struct http_request *req, unsigned methods,
                    const struct dialects *dialects, struct reply *reply)
{
    const char *allowed = cors_methods(ctx->arena, methods | 1U << OPTIONS);

    reply->status = 204;
    reply_header(reply, "Allow", allowed);
    cors_headers(ctx, req, reply);
    if (!reply_has_header(reply, "Access-Control-Allow-Origin") ||
        http_header(req, "Access-Control-Request-Method").len == 0)
        return;
    reply_header(reply, "Access-Control-Allow-Methods", allowed);
    reply_header(reply, "Access-Control-Allow-Headers", allowed_headers(ctx->arena, dialects));
    reply_header(reply, "Access-Control-Max-Age", "600");
}
