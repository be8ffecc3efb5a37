#include "parley/gate/openapi.h"

#include "openapi_schemas.h"
#include "parley/core/limits.h"
#include "parley/gate/page.h"
#include "route_check.h"
#include "route_private.h"

static void kv_flag(struct json_out *out, int flags, int flag, const char *name)
{
    if (flags & flag)
        json_out_c(out, name);
}

/* The row's access, role, scope, rate and flags; the tests' access matrix is made from them. */
static void extensions_write(struct json_out *out, const struct route *route)
{
    static const char *const accesses[] = { "?", "anyone", "signed_in", "admin", "signed_url" };
    static const char *const roles[] = { "?", "none", "guest", "member", "owner" };
    static const char *const scopes[] = { "?", "none", "read", "write", "admin", "any" };
    static const char *const rates[] = {
        [RATE_NOT_SAID_] = "?", [RATE_FREE] = "free",       [RATE_NOBODY] = "nobody",         [RATE_READ] = "read",
        [RATE_WRITE] = "write", [RATE_UPLOAD] = "upload",   [RATE_EXPORT] = "export",         [RATE_AI] = "ai",
        [RATE_KEYS] = "keys",   [RATE_DIALECT] = "dialect", [RATE_CREDENTIAL] = "credential", [RATE_MAIL] = "mail",
    };
    static const char *const cookies[] = { "none", "begin", "session", "read" };

    json_out_kv_c(out, "x-access", accesses[route->access]);
    json_out_kv_c(out, "x-role", roles[route->role]);
    json_out_kv_c(out, "x-scope", scopes[route->scope]);
    json_out_kv_c(out, "x-rate", rates[route_rate(route)]);
    json_out_kv_c(out, "x-cookie", cookies[route->cookie]);
    json_out_key(out, "x-flags");
    json_out_array(out);
    kv_flag(out, route->flags, ROUTE_IDEMPOTENT, "idempotent");
    kv_flag(out, route->flags, ROUTE_MULTIPART, "multipart");
    kv_flag(out, route->flags, ROUTE_RAW_BODY, "raw_body");
    kv_flag(out, route->flags, ROUTE_PAGED, "paged");
    kv_flag(out, route->flags, ROUTE_OPEN_QUERY, "open_query");
    json_out_array_end(out);
}

static void placeholder_schema_write(struct json_out *out, enum piece kind)
{
    json_out_kv_c(out, "type", kind == PIECE_INT ? "integer" : "string");
    if (kind != PIECE_WORD)
        json_out_kv_c(out, "format", kind == PIECE_INT ? "int64" : "uuid");
}

static void path_parameters_write(struct json_out *out, const struct route *route)
{
    struct str rest = str_tail(str_from(route->path), 1);
    struct str piece;

    while (str_split(&rest, '/', &piece)) {
        enum piece kind = route_piece(route, piece);
        if (kind == PIECE_LITERAL)
            continue;
        json_out_object(out);
        json_out_kv_str(out, "name", route_piece_name(piece));
        json_out_kv_c(out, "in", "path");
        json_out_kv_bool(out, "required", true);
        json_out_key(out, "schema");
        json_out_object(out);
        placeholder_schema_write(out, kind);
        json_out_object_end(out);
        json_out_object_end(out);
    }
}

static void query_parameters_write(struct json_out *out, const struct spec *spec)
{
    for (size_t i = 0; spec != NULL && i < spec->field_count; i++) {
        const struct field *field = &spec->fields[i];
        json_out_object(out);
        json_out_kv_c(out, "name", field->name);
        json_out_kv_c(out, "in", "query");
        json_out_kv_bool(out, "required", (field->flags & FIELD_REQUIRED) != 0);
        json_out_key(out, "schema");
        spec_schema_field(out, field);
        json_out_object_end(out);
    }
}

static void parameters_write(struct json_out *out, const struct route *route)
{
    json_out_key(out, "parameters");
    json_out_array(out);
    path_parameters_write(out, route);
    query_parameters_write(out, route->query);
    query_parameters_write(out, route_page_spec(route));
    if (route->flags & ROUTE_IDEMPOTENT)
        json_out_raw(out, STR("{\"$ref\":\"#/components/parameters/IdempotencyKey\"}"));
    if (route->cookie == COOKIE_SESSION || route->cookie == COOKIE_BEGIN)
        json_out_raw(out, STR("{\"$ref\":\"#/components/parameters/BrowserSession\"}"));
    json_out_array_end(out);
}

/* kind: "schemas", "responses" */
static void component_ref(struct json_out *out, const char *kind, const char *name)
{
    json_out_object(out);
    json_out_key(out, "$ref");
    buf_addf(out->buf, "\"#/components/%s/%s\"", kind, name);
    out->comma = true;
    json_out_object_end(out);
}

static void schema_ref(struct json_out *out, const char *name)
{
    component_ref(out, "schemas", name);
}

static void content_open(struct json_out *out, const char *type)
{
    json_out_key(out, type);
    json_out_object(out);
    json_out_key(out, "schema");
}

static void body_write(struct json_out *out, const struct route *route)
{
    if (route->body == NULL && !(route->flags & (ROUTE_MULTIPART | ROUTE_RAW_BODY)))
        return;
    json_out_key(out, "requestBody");
    json_out_object(out);
    json_out_key(out, "content");
    json_out_object(out);
    if (route->body != NULL) {
        content_open(out, "application/json");
        schema_ref(out, route->body->name);
        json_out_object_end(out);
    }
    if (route->flags & ROUTE_MULTIPART) {
        content_open(out, "multipart/form-data");
        json_out_raw(out, STR("{\"type\":\"object\"}"));
        json_out_object_end(out);
    }
    if (route->flags & ROUTE_RAW_BODY) {
        content_open(out, "application/octet-stream");
        json_out_raw(out, STR("{}"));
        json_out_object_end(out);
    }
    json_out_object_end(out);
    json_out_object_end(out);
}

static void reply_write(struct json_out *out, const struct spec *reply, int shape)
{
    if (reply == NULL)
        return;
    json_out_key(out, "content");
    json_out_object(out);
    content_open(out, "application/json");
    if (shape == REPLY_ONE) {
        schema_ref(out, reply->name);
    } else {
        json_out_object(out);
        json_out_kv_c(out, "type", "array");
        json_out_key(out, "items");
        schema_ref(out, reply->name);
        json_out_object_end(out);
    }
    json_out_object_end(out);
    json_out_object_end(out);
}

/* The object of one status is left open for what it answers with. */
static void response_open(struct json_out *out, int status)
{
    char text[12];

    snprintf(text, sizeof(text), "%d", status);
    json_out_key(out, text);
    json_out_object(out);
    json_out_kv_c(out, "description", reply_reason(status));
}

/* The errors' schema of the route. */
static const char *error_name(const struct route *route)
{
    return route->dialect != NULL ? route->dialect->error_name : "Problem";
}

static void rate_limited_write(struct json_out *out, const struct route *route)
{
    static const char headers[] = "{\"Retry-After\":{\"$ref\":\"#/components/headers/RetryAfter\"},"
                                  "\"RateLimit-Limit\":{\"$ref\":\"#/components/headers/RateLimitLimit\"},"
                                  "\"RateLimit-Remaining\":{\"$ref\":\"#/components/headers/RateLimitRemaining\"},"
                                  "\"RateLimit-Reset\":{\"$ref\":\"#/components/headers/RateLimitReset\"}}";

    response_open(out, 429);
    json_out_key(out, "headers");
    json_out_raw(out, STR(headers));
    json_out_key(out, "content");
    json_out_object(out);
    content_open(out, route->dialect != NULL ? "application/json" : "application/problem+json");
    schema_ref(out, error_name(route));
    json_out_object_end(out);
    json_out_object_end(out);
    json_out_object_end(out);
}

/* Where the route has to do with the cookie: begins or renews a session with a body, ends it without one. */
static void cookie_headers_write(struct json_out *out, bool begins)
{
    json_out_key(out, "headers");
    json_out_raw(out, begins ? STR("{\"Set-Cookie\":{\"$ref\":\"#/components/headers/SetCookie\"}}")
                             : STR("{\"Set-Cookie\":{\"$ref\":\"#/components/headers/SetCookie\"},"
                                   "\"Clear-Site-Data\":{\"$ref\":\"#/components/headers/ClearSiteData\"}}"));
}

static void responses_write(struct json_out *out, const struct route *route)
{
    bool has_cookie = (route->cookie == COOKIE_SESSION || route->cookie == COOKIE_BEGIN) && route->cookie_reply == NULL;

    json_out_key(out, "responses");
    json_out_object(out);
    response_open(out, route->status);
    if (has_cookie)
        cookie_headers_write(out, route->reply != NULL);
    reply_write(out, route->reply, route->reply_shape);
    json_out_object_end(out);
    if (route->cookie_reply != NULL) {
        response_open(out, 200);
        cookie_headers_write(out, true);
        reply_write(out, route->cookie_reply, REPLY_ONE);
        json_out_object_end(out);
    }
    if (route->other_status != 0) {
        response_open(out, route->other_status);
        json_out_object_end(out);
    }
    if (route_rate(route) != RATE_FREE)
        rate_limited_write(out, route);
    json_out_key(out, "default");
    component_ref(out, "responses", error_name(route));
    json_out_object_end(out);
}

/* Which credentials are taken; any one of them is enough. */
static void security_write(struct json_out *out, const struct route *route, const struct dialects *dialects)
{
    json_out_key(out, "security");
    if (route->access == ACCESS_ANYONE || route->access == ACCESS_SIGNED_URL) {
        json_out_raw(out, route->cookie == COOKIE_SESSION ? STR("[{},{\"cookie\":[]}]") : STR("[]"));
        return;
    }
    buf_add_c(out->buf, "[{\"bearer\":[]}");
    if (route->scope != SCOPE_NONE) {
        buf_add_c(out->buf, ",{\"apiKey\":[]}");
        for (size_t i = 0; i < dialects->count; i++)
            if (dialects->rows[i]->credential != NULL)
                buf_addf(out->buf, ",{\"%sKey\":[]}", dialects->rows[i]->name);
    }
    if (route->cookie == COOKIE_SESSION || route->cookie == COOKIE_READ)
        buf_add_c(out->buf, ",{\"cookie\":[]}");
    buf_add_byte(out->buf, ']');
    out->comma = true;
}

static void operation_write(struct json_out *out, const struct route *route, const struct dialects *dialects)
{
    static const char *const keys[] = { "", "get", "head", "post", "put", "patch", "delete", "options" };

    json_out_key(out, keys[route->method]);
    json_out_object(out);
    json_out_kv_c(out, "summary", route->summary);
    json_out_key(out, "tags");
    json_out_array(out);
    json_out_c(out, route->tag);
    json_out_array_end(out);
    security_write(out, route, dialects);
    parameters_write(out, route);
    body_write(out, route);
    responses_write(out, route);
    extensions_write(out, route);
    json_out_object_end(out);
}

/* The path without the kinds of its placeholders, as a member's name. */
static void path_key(struct json_out *out, const char *path, struct buf *scratch)
{
    struct str rest = str_tail(str_from(path), 1);
    struct str piece;

    buf_clear(scratch);
    while (str_split(&rest, '/', &piece)) {
        buf_add_byte(scratch, '/');
        if (!str_starts_with(piece, STR("{"))) {
            buf_add(scratch, piece);
            continue;
        }
        buf_add_byte(scratch, '{');
        buf_add(scratch, route_piece_name(piece));
        buf_add_byte(scratch, '}');
    }
    json_out_key(out, scratch->ptr);
}

/* Row `index` of all tables together; NULL behind the last. */
static const struct route *route_at(const struct route_table *const *tables, size_t table_count, size_t index)
{
    for (size_t t = 0; t < table_count; t++) {
        if (index < tables[t]->count)
            return &tables[t]->routes[index];
        index -= tables[t]->count;
    }
    return NULL;
}

static bool is_first_of_path(const struct route_table *const *tables, size_t table_count, size_t index)
{
    const char *path = route_at(tables, table_count, index)->path;

    for (size_t i = 0; i < index; i++)
        if (strcmp(route_at(tables, table_count, i)->path, path) == 0)
            return false;
    return true;
}

/* A path stands where its first row does, with all its methods. */
static void paths_write(struct json_out *out, const struct route_table *const *tables, size_t table_count)
{
    const struct dialects dialects = dialects_find(tables, table_count);
    const struct route *first, *other;
    struct buf scratch;

    buf_init(&scratch, PATH_MAX_BYTES);
    json_out_key(out, "paths");
    json_out_object(out);
    for (size_t i = 0; (first = route_at(tables, table_count, i)) != NULL; i++) {
        if (!is_first_of_path(tables, table_count, i))
            continue;
        path_key(out, first->path, &scratch);
        json_out_object(out);
        for (size_t j = i; (other = route_at(tables, table_count, j)) != NULL; j++)
            if (strcmp(other->path, first->path) == 0)
                operation_write(out, other, &dialects);
        json_out_object_end(out);
    }
    json_out_object_end(out);
    buf_release(&scratch);
}

void openapi_write(struct json_out *out, const struct route_table *const *tables, size_t table_count)
{
    json_out_object(out);
    json_out_kv_c(out, "openapi", "3.1.0");
    json_out_key(out, "info");
    json_out_object(out);
    json_out_kv_c(out, "title", "Parley");
    json_out_kv_c(out, "version", PARLEY_VERSION);
    json_out_kv_c(out, "summary", "A private chat server");
    json_out_object_end(out);
    paths_write(out, tables, table_count);
    openapi_components_write(out, tables, table_count);
    json_out_object_end(out);
}
