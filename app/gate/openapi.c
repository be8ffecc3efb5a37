#include "parley/gate/openapi.h"

#include "openapi_errors.h"
#include "openapi_info.h"
#include "openapi_replies.h"
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
    static const char *const accesses[] = {
        [ACCESS_NOT_SAID_] = "?",         [ACCESS_ANYONE] = "anyone",   [ACCESS_SIGNED_IN] = "signed_in",
        [ACCESS_ADMIN] = "admin",         [ACCESS_METRICS] = "metrics", [ACCESS_SIGNED_URL] = "signed_url",
        [ACCESS_TOKEN_URL] = "token_url",
    };
    static const char *const roles[] = { "?", "none", "guest", "member", "owner" };
    static const char *const scopes[] = {
        [SCOPE_NOT_SAID_] = "?", [SCOPE_NONE] = "none",       [SCOPE_READ] = "read", [SCOPE_WRITE] = "write",
        [SCOPE_ADMIN] = "admin", [SCOPE_METRICS] = "metrics", [SCOPE_ANY] = "any",
    };
    static const char *const rates[] = {
        [RATE_NOT_SAID_] = "?", [RATE_FREE] = "free",       [RATE_NOBODY] = "nobody",         [RATE_READ] = "read",
        [RATE_WRITE] = "write", [RATE_UPLOAD] = "upload",   [RATE_EXPORT] = "export",         [RATE_AI] = "ai",
        [RATE_KEYS] = "keys",   [RATE_DIALECT] = "dialect", [RATE_CREDENTIAL] = "credential", [RATE_MAIL] = "mail",
        [RATE_MARK] = "mark",   [RATE_HOOK] = "hook",
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

/* kind: "schemas", "parameters" */
static void component_ref(struct json_out *out, const char *kind, const char *name)
{
    json_out_object(out);
    json_out_key(out, "$ref");
    buf_addf(out->buf, "\"#/components/%s/%s\"", kind, name);
    out->comma = true;
    json_out_object_end(out);
}

static void placeholder_schema_write(struct json_out *out, enum piece kind)
{
    json_out_kv_c(out, "type", kind == PIECE_INT ? "integer" : "string");
    if (kind != PIECE_WORD)
        json_out_kv_c(out, "format", kind == PIECE_INT ? "int64" : "uuid");
}

/* What stands in the place of a {name} whose name does not tell. */
static const struct {
    const char *name, *doc, *example;
} placeholders[] = {
    { "deserted", "The id of the workspace", NULL },
    { "emoji", "One emoji", "\U0001F44D" },
    { "folder", "A name that the server gave, as the signed address has it", "workspace_1" },
    { "name", "A name that the server gave, as the signed address has it",
      "20260102_4f0c1b5ad0a94b0f8a51b5f3a7c4d9e0.png" },
};

/* "{api_key_id}" → "The id of the api key" */
static void placeholder_doc_write(struct json_out *out, struct str name)
{
    struct str noun = str_ends_with(name, STR("_id")) ? str_head(name, name.len - 3) : name;
    struct buf text;

    for (size_t i = 0; i < COUNT_OF(placeholders); i++)
        if (str_eq_c(name, placeholders[i].name)) {
            json_out_kv_c(out, "description", placeholders[i].doc);
            if (placeholders[i].example != NULL)
                json_out_kv_c(out, "example", placeholders[i].example);
            return;
        }
    buf_init(&text, PATH_MAX_BYTES);
    buf_add_c(&text, "The id of the ");
    for (size_t i = 0; i < noun.len; i++)
        buf_add_byte(&text, noun.ptr[i] == '_' ? ' ' : noun.ptr[i]);
    json_out_kv_str(out, "description", buf_str(&text));
    buf_release(&text);
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
        placeholder_doc_write(out, route_piece_name(piece));
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
        if (field->doc != NULL)
            json_out_kv_c(out, "description", field->doc);
        json_out_key(out, "schema");
        spec_schema_value(out, field);
        json_out_object_end(out);
    }
}

static void shared_parameter_write(struct json_out *out, const char *name)
{
    component_ref(out, "parameters", name);
}

static void parameters_write(struct json_out *out, const struct route *route)
{
    json_out_key(out, "parameters");
    json_out_array(out);
    path_parameters_write(out, route);
    query_parameters_write(out, route->query);
    query_parameters_write(out, route_page_spec(route));
    if (route->flags & ROUTE_IDEMPOTENT)
        shared_parameter_write(out, "IdempotencyKey");
    if (route->cookie == COOKIE_SESSION || route->cookie == COOKIE_BEGIN)
        shared_parameter_write(out, "BrowserSession");
    if ((route->flags & ROUTE_TAGGED) && route->method == GET)
        shared_parameter_write(out, "IfNoneMatch");
    if ((route->flags & ROUTE_TAGGED) && method_changes(route->method) && route->method != POST)
        shared_parameter_write(out, "IfMatch");
    json_out_array_end(out);
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

/* Without one, an empty object is taken. */
static bool body_is_required(const struct route *route)
{
    return (route->flags & (ROUTE_MULTIPART | ROUTE_RAW_BODY)) != 0 || route->body->text_max_bytes > 0 ||
           spec_has_required(route->body);
}

static void body_write(struct json_out *out, const struct route *route)
{
    if (route->body == NULL && !(route->flags & (ROUTE_MULTIPART | ROUTE_RAW_BODY)))
        return;
    json_out_key(out, "requestBody");
    json_out_object(out);
    json_out_kv_bool(out, "required", body_is_required(route));
    json_out_key(out, "content");
    json_out_object(out);
    /* Makers of clients that know one type for an operation take the first: the one that can carry files. */
    if (route->flags & ROUTE_MULTIPART) {
        content_open(out, "multipart/form-data");
        schema_ref(out, route->form_name);
        json_out_object_end(out);
    }
    if (route->body != NULL) {
        content_open(out, "application/json");
        schema_ref(out, route->body->name);
        json_out_object_end(out);
    }
    if (route->flags & ROUTE_RAW_BODY) {
        content_open(out, "application/octet-stream");
        json_out_raw(out, STR("{\"type\":\"string\",\"format\":\"binary\"}"));
        json_out_object_end(out);
    }
    json_out_object_end(out);
    json_out_object_end(out);
}

static void responses_write(struct json_out *out, const struct route *route)
{
    json_out_key(out, "responses");
    json_out_object(out);
    openapi_replies_write(out, route);
    openapi_errors_write(out, route);
    json_out_object_end(out);
}

/* Which credentials are taken; any one of them is enough. */
static void security_write(struct json_out *out, const struct route *route, const struct dialects *dialects)
{
    json_out_key(out, "security");
    if (route->access == ACCESS_ANYONE || access_is_in_url(route->access)) {
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
    if (route->id != NULL)
        json_out_kv_c(out, "operationId", route->id);
    json_out_kv_c(out, "summary", route->summary);
    openapi_description_write(out, route);
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

void openapi_write(struct json_out *out, const struct route_table *const *tables, size_t table_count,
                   struct str base_path)
{
    json_out_object(out);
    openapi_info_write(out, base_path);
    paths_write(out, tables, table_count);
    openapi_components_write(out, tables, table_count);
    json_out_object_end(out);
}
