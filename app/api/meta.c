/* The server itself: what it is, whether it lives, its keys and its contract. */
#include "parley/api/routes.h"
#include "parley/domain/lifecycle/readiness.h"
#include "parley/domain/trust/session.h"
#include "parley/gate/location.h"
#include "parley/gate/openapi.h"

#define PUBLIC_FOR_MINUTES "public, max-age=300"

/* ---- what goes out ---- */
/* clang-format off */
struct welcome {
    struct str message, version, docs;
};
static const struct field welcome_fields[] = {
    { "message", FIELD_STR, .offset = offsetof(struct welcome, message) },
    { "version", FIELD_STR, .offset = offsetof(struct welcome, version) },
    { "docs", FIELD_STR, .offset = offsetof(struct welcome, docs) },
};
static const struct spec welcome_spec = { SPEC_INIT("Welcome", struct welcome, welcome_fields) };

struct health {
    struct str status, service, version;
    int64_t timestamp_us;
};
static const struct field health_fields[] = {
    { "status", FIELD_STR, .offset = offsetof(struct health, status), .doc = "healthy" },
    { "timestamp", FIELD_TIME, .offset = offsetof(struct health, timestamp_us) },
    { "service", FIELD_STR, .offset = offsetof(struct health, service) },
    { "version", FIELD_STR, .offset = offsetof(struct health, version) },
};
static const struct spec health_spec = { SPEC_INIT("Health", struct health, health_fields) };

/* Written by the parts that know them; these rows say what stands in them. */
struct jwk {
    struct str kty, use, alg, kid, n, e;
};
#define JWK_FIELD(member) { #member, FIELD_STR, .offset = offsetof(struct jwk, member) }
static const struct field jwk_fields[] = {
    JWK_FIELD(kty), JWK_FIELD(use), JWK_FIELD(alg), JWK_FIELD(kid), JWK_FIELD(n), JWK_FIELD(e),
};
static const struct spec jwk_spec = { SPEC_INIT("Jwk", struct jwk, jwk_fields), .doc = "RFC 7517" };
struct jwk_set {
    struct list keys;
};
static const struct field jwk_set_fields[] = {
    { "keys", FIELD_LIST, .offset = offsetof(struct jwk_set, keys), .spec = &jwk_spec },
};
static const struct spec jwk_set_spec = { SPEC_INIT("JwkSet", struct jwk_set, jwk_set_fields) };

struct openapi {
    struct str version, info, paths, components;
};
static const struct field openapi_fields[] = {
    { "openapi", FIELD_STR, .offset = offsetof(struct openapi, version) },
    { "info", FIELD_RAW, .offset = offsetof(struct openapi, info) },
    { "paths", FIELD_RAW, .offset = offsetof(struct openapi, paths) },
    { "components", FIELD_RAW, .offset = offsetof(struct openapi, components) },
};
static const struct spec openapi_spec = { SPEC_INIT("OpenApi", struct openapi, openapi_fields),
    .doc = "This document" };
/* clang-format on */

/* ---- handlers ---- */

/* Does an Accept header ask for HTML by name? A star alone is what programs send. */
static bool accepts_html(struct str accept)
{
    struct str rest = accept, range;

    while (str_split(&rest, ',', &range))
        if (str_eq_nocase(str_trim(str_head(range, str_index(range, ';'))), STR("text/html")))
            return true;
    return false;
}

static enum err root_get(struct ctx *ctx, const struct call *call, struct reply *reply)
{
    struct welcome welcome = {
        .message = str_from(ctx->config->app_name),
        .version = STR(PARLEY_VERSION),
        .docs = STR("/docs"),
    };

    reply_header(reply, "Vary", "Accept");
    if (accepts_html(http_header(call->request, "Accept"))) {
        reply->status = 302;
        reply_header(reply, "Location",
                     arena_printf(ctx->arena, "%.*s/app/", STR_FMT(location_public_path(ctx->config))));
        return ERR_OK;
    }
    spec_encode(&reply->json, &welcome_spec, &welcome);
    return ERR_OK;
}

/* The process answers. */
static enum err health_get(struct ctx *ctx, const struct call *call, struct reply *reply)
{
    struct health health = {
        .status = STR("healthy"),
        .timestamp_us = ctx->now_us,
        .service = str_from(ctx->config->app_name),
        .version = STR(PARLEY_VERSION),
    };

    (void)call;
    spec_encode(&reply->json, &health_spec, &health);
    return ERR_OK;
}

/* The process can do its work. */
static enum err health_ready_get(struct ctx *ctx, const struct call *call, struct reply *reply)
{
    TRY(readiness_check(ctx));
    return health_get(ctx, call, reply);
}

static enum err jwks_get(struct ctx *ctx, const struct call *call, struct reply *reply)
{
    (void)call;
    session_jwks(ctx, &reply->body);
    reply_header(reply, "Cache-Control", PUBLIC_FOR_MINUTES);
    return ERR_OK;
}

static enum err openapi_get(struct ctx *ctx, const struct call *call, struct reply *reply)
{
    (void)ctx;
    openapi_write(&reply->json, call->tables, call->table_count);
    reply_header(reply, "Cache-Control", PUBLIC_FOR_MINUTES);
    return ERR_OK;
}

/* clang-format off */
static const struct route routes[] = {
    { GET, "/", root_get,
      .access = ACCESS_ANYONE, .role = ROLE_NO_WORKSPACE, .scope = SCOPE_NONE, .rate = RATE_NOBODY,
      .flags = ROUTE_OPEN_QUERY, /* people follow links to which others have added something */
      .reply = &welcome_spec, .status = 200,
      .summary = "Say what this is; a browser is sent to the web app", .tag = "Server" },
    { GET, "/health", health_get,
      .access = ACCESS_ANYONE, .role = ROLE_NO_WORKSPACE, .scope = SCOPE_NONE, .rate = RATE_FREE,
      .reply = &health_spec, .status = 200,
      .summary = "Does the server answer?", .tag = "Server" },
    { GET, "/health/live", health_get,
      .access = ACCESS_ANYONE, .role = ROLE_NO_WORKSPACE, .scope = SCOPE_NONE, .rate = RATE_FREE,
      .reply = &health_spec, .status = 200,
      .summary = "Does the server answer? For whoever restarts it", .tag = "Server" },
    { GET, "/health/ready", health_ready_get,
      .access = ACCESS_ANYONE, .role = ROLE_NO_WORKSPACE, .scope = SCOPE_NONE, .rate = RATE_NOBODY,
      .reply = &health_spec, .status = 200,
      .summary = "Do its database and object store answer? 503 while they do not", .tag = "Server" },
    { GET, "/.well-known/jwks.json", jwks_get,
      .access = ACCESS_ANYONE, .role = ROLE_NO_WORKSPACE, .scope = SCOPE_NONE, .rate = RATE_NOBODY,
      .reply = &jwk_set_spec, .status = 200,
      .summary = "The public keys, for others that verify our tokens", .tag = "Server" },
    { GET, "/openapi.json", openapi_get,
      .access = ACCESS_ANYONE, .role = ROLE_NO_WORKSPACE, .scope = SCOPE_NONE, .rate = RATE_NOBODY,
      .reply = &openapi_spec, .status = 200,
      .summary = "This document", .tag = "Server" },
};
/* clang-format on */
const struct route_table meta_routes = { routes, COUNT_OF(routes) };
