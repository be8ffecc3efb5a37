/* The server itself: what it is, whether it lives, its keys and its contract. */
#include "parley/api/routes.h"
#include "parley/domain/lifecycle/readiness.h"
#include "parley/domain/trust/session.h"
#include "parley/gate/location.h"
#include "parley/gate/openapi.h"

enum { UNHEALTHY_STATUS = 503 };
#define UNHEALTHY_RETRY_AFTER "2"
#define PUBLIC_FOR_MINUTES "public, max-age=300"

/* ---- what goes out ---- */
/* clang-format off */
struct welcome {
    struct str message, version, docs;
};
static const struct field welcome_fields[] = {
    { "message", FIELD_STR, .offset = offsetof(struct welcome, message), .example = "\"Parley\"", .doc = "APP_NAME" },
    { "version", FIELD_STR, .offset = offsetof(struct welcome, version), .example = "\"0.1.0\"",
      .doc = "Of the program" },
    { "docs", FIELD_STR, .offset = offsetof(struct welcome, docs), .example = "\"/docs\"",
      .doc = "Where the documents are" },
};
static const struct spec welcome_spec = { SPEC_INIT("Welcome", struct welcome, welcome_fields),
    .doc = "What answers here" };

struct health {
    struct str status, service, version;
    int64_t timestamp_us;
};
static const struct field health_fields[] = {
    { "status", FIELD_STR, .offset = offsetof(struct health, status), .example = "\"healthy\"", .doc = "healthy" },
    { "timestamp", FIELD_TIME, .offset = offsetof(struct health, timestamp_us), .doc = "The server's clock" },
    { "service", FIELD_STR, .offset = offsetof(struct health, service), .example = "\"Parley\"", .doc = "APP_NAME" },
    { "version", FIELD_STR, .offset = offsetof(struct health, version), .example = "\"0.1.0\"",
      .doc = "Of the program" },
};
static const struct spec health_spec = { SPEC_INIT("Health", struct health, health_fields),
    .doc = "The server answers" };

/* As of readiness.h. */
struct ready_parts {
    int database, store, bus, disk, mail, inference;
};
#define PART_FIELD(member) \
    #member, FIELD_ENUM, .offset = offsetof(struct ready_parts, member), .names = part_state_names, \
    .type_name = "PartState"
static const struct field ready_parts_fields[] = {
    { PART_FIELD(database), .doc = "Down: requests get 503" },
    { PART_FIELD(store), .doc = "Down: files cannot be sent or read" },
    { PART_FIELD(bus), .doc = "Redis. Down: each process counts and wakes for itself" },
    { PART_FIELD(disk), .doc = "Degraded: little room; down: next to none" },
    { PART_FIELD(mail), .doc = "Down: mail waits" },
    { PART_FIELD(inference), .doc = "Providers of models" },
};
static const struct spec ready_parts_spec = {
    SPEC_INIT("ReadyParts", struct ready_parts, ready_parts_fields), .doc = "Each part; off: none is set"
};

struct ready {
    int status; /* enum readiness_status */
    const struct ready_parts *parts;
    struct health health;
};
#define READY_FIELD(member) .offset = offsetof(struct ready, member)
static const struct field ready_fields[] = {
    { "status", FIELD_ENUM, READY_FIELD(status), .names = readiness_status_names,
      .type_name = "ReadinessStatus", .doc = "Of all parts together" },
    { "parts", FIELD_REF, READY_FIELD(parts), .spec = &ready_parts_spec, .doc = "How each part does" },
    { "timestamp", FIELD_TIME, READY_FIELD(health.timestamp_us), .doc = "The server's clock" },
    { "service", FIELD_STR, READY_FIELD(health.service), .example = "\"Parley\"", .doc = "APP_NAME" },
    { "version", FIELD_STR, READY_FIELD(health.version), .example = "\"0.1.0\"", .doc = "Of the program" },
};
static const struct spec ready_spec = { SPEC_INIT("Ready", struct ready, ready_fields),
    .doc = "Whether the server can do its work, part by part" };

/* Written by the parts that know them; these rows say what stands in them. */
struct jwk {
    struct str kty, use, alg, kid, n, e;
};
#define JWK_FIELD(member) #member, FIELD_STR, .offset = offsetof(struct jwk, member)
static const struct field jwk_fields[] = {
    { JWK_FIELD(kty), .example = "\"RSA\"", .doc = "The kind of key" },
    { JWK_FIELD(use), .example = "\"sig\"", .doc = "What it is for" },
    { JWK_FIELD(alg), .example = "\"RS256\"", .doc = "The algorithm" },
    { JWK_FIELD(kid), .doc = "Its name, as the head of a token has it" },
    { JWK_FIELD(n), .doc = "The modulus, base64url" },
    { JWK_FIELD(e), .example = "\"AQAB\"", .doc = "The exponent, base64url" },
};
static const struct spec jwk_spec = { SPEC_INIT("Jwk", struct jwk, jwk_fields), .doc = "A public key (RFC 7517)" };
struct jwk_set {
    struct list keys;
};
static const struct field jwk_set_fields[] = {
    { "keys", FIELD_LIST, .offset = offsetof(struct jwk_set, keys), .spec = &jwk_spec,
      .doc = "Those that count now, the newest first" },
};
static const struct spec jwk_set_spec = { SPEC_INIT("JwkSet", struct jwk_set, jwk_set_fields),
    .doc = "The public keys" };

struct openapi {
    struct str version, info, servers, tags, paths, components;
};
#define ANY_OBJECT "\"type\":\"object\",\"additionalProperties\":true"
#define ANY_OBJECTS "\"type\":\"array\",\"items\":{" ANY_OBJECT "}"
static const struct field openapi_fields[] = {
    { "openapi", FIELD_STR, .offset = offsetof(struct openapi, version), .example = "\"3.1.0\"",
      .doc = "The version of OpenAPI" },
    { "info", FIELD_RAW, .offset = offsetof(struct openapi, info), .schema = ANY_OBJECT,
      .doc = "What this is" },
    { "servers", FIELD_RAW, .offset = offsetof(struct openapi, servers), .schema = ANY_OBJECTS,
      .doc = "Where the operations are" },
    { "tags", FIELD_RAW, .offset = offsetof(struct openapi, tags), .schema = ANY_OBJECTS,
      .doc = "The groups of operations" },
    { "paths", FIELD_RAW, .offset = offsetof(struct openapi, paths), .schema = ANY_OBJECT,
      .doc = "The operations" },
    { "components", FIELD_RAW, .offset = offsetof(struct openapi, components), .schema = ANY_OBJECT,
      .doc = "What the operations refer to" },
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
static struct health health_of(const struct ctx *ctx)
{
    return (struct health){
        .status = STR("healthy"),
        .timestamp_us = ctx->now_us,
        .service = str_from(ctx->config->app_name),
        .version = STR(PARLEY_VERSION),
    };
}

static enum err health_get(struct ctx *ctx, const struct call *call, struct reply *reply)
{
    const struct health health = health_of(ctx);

    (void)call;
    spec_encode(&reply->json, &health_spec, &health);
    return ERR_OK;
}

/* The process can do its work: 503 only where requests cannot be answered. */
static enum err health_ready_get(struct ctx *ctx, const struct call *call, struct reply *reply)
{
    struct readiness readiness;
    struct ready_parts parts;
    struct ready ready = { .parts = &parts, .health = health_of(ctx) };

    (void)call;
    readiness_look(ctx, &readiness);
    ready.status = (int)readiness.status;
    parts = (struct ready_parts){
        .database = (int)readiness.parts[PART_DATABASE],
        .store = (int)readiness.parts[PART_STORE],
        .bus = (int)readiness.parts[PART_BUS],
        .disk = (int)readiness.parts[PART_DISK],
        .mail = (int)readiness.parts[PART_MAIL],
        .inference = (int)readiness.parts[PART_INFERENCE],
    };
    if (readiness.status == READINESS_UNHEALTHY) {
        reply->status = UNHEALTHY_STATUS;
        reply_header(reply, "Retry-After", UNHEALTHY_RETRY_AFTER);
    }
    spec_encode(&reply->json, &ready_spec, &ready);
    return ERR_OK;
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
    openapi_write(&reply->json, call->tables, call->table_count, location_public_path(ctx->config));
    reply_header(reply, "Cache-Control", PUBLIC_FOR_MINUTES);
    return ERR_OK;
}

/* clang-format off */
static const struct route routes[] = {
    { GET, "/", root_get,
      .access = ACCESS_ANYONE, .role = ROLE_NO_WORKSPACE, .scope = SCOPE_NONE, .rate = RATE_NOBODY,
      .flags = ROUTE_OPEN_QUERY, /* people follow links to which others have added something */
      .reply = &welcome_spec, .status = 200, .other_status = 302,
      .id = "getWelcome",
      .doc = "A browser (`Accept: text/html`) is sent to /app/ with 302.",
      .summary = "Say what this is; a browser is sent to the web app", .tag = "Server" },
    { GET, "/health", health_get,
      .access = ACCESS_ANYONE, .role = ROLE_NO_WORKSPACE, .scope = SCOPE_NONE, .rate = RATE_FREE,
      .reply = &health_spec, .status = 200,
      .id = "getHealth",
      .summary = "Does the server answer?", .tag = "Server" },
    { GET, "/health/live", health_get,
      .access = ACCESS_ANYONE, .role = ROLE_NO_WORKSPACE, .scope = SCOPE_NONE, .rate = RATE_FREE,
      .reply = &health_spec, .status = 200,
      .id = "getLiveness",
      .summary = "Does the server answer? For whoever restarts it", .tag = "Server" },
    { GET, "/health/ready", health_ready_get,
      .access = ACCESS_ANYONE, .role = ROLE_NO_WORKSPACE, .scope = SCOPE_NONE, .rate = RATE_NOBODY,
      .reply = &ready_spec, .status = 200, .failed_status = UNHEALTHY_STATUS,
      .id = "getReadiness",
      .doc = "`degraded`: something is down without which requests can be answered.",
      .summary = "Can it do its work, part by part? 503 only while requests cannot be answered", .tag = "Server" },
    { GET, "/.well-known/jwks.json", jwks_get,
      .access = ACCESS_ANYONE, .role = ROLE_NO_WORKSPACE, .scope = SCOPE_NONE, .rate = RATE_NOBODY,
      .reply = &jwk_set_spec, .status = 200,
      .id = "getSigningKeys",
      .doc = "A JSON Web Key Set (RFC 7517).",
      .summary = "The public keys, for others that verify our tokens", .tag = "Server" },
    { GET, "/openapi.json", openapi_get,
      .access = ACCESS_ANYONE, .role = ROLE_NO_WORKSPACE, .scope = SCOPE_NONE, .rate = RATE_NOBODY,
      .reply = &openapi_spec, .status = 200,
      .id = "getOpenApiDocument",
      .doc = "OpenAPI 3.1, printed by the server from the tables that it works by.",
      .summary = "This document", .tag = "Server" },
};
/* clang-format on */
const struct route_table meta_routes = { routes, COUNT_OF(routes) };
