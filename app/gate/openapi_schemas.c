#include "openapi_schemas.h"

#include "openapi_errors.h"
#include "parley/gate/browser.h"
#include "route_private.h"

struct found_specs {
    size_t count;
    const struct spec *specs[OPENAPI_SPECS_MAX];
    enum spec_use uses[OPENAPI_SPECS_MAX];
    size_t enum_count;
    const struct field *enums[OPENAPI_ENUMS_MAX];
    struct buf *faults; /* NULL: nobody asks */
};

static void clash_note(struct found_specs *found, size_t index, const struct spec *spec, enum spec_use use)
{
    if (found->faults == NULL)
        return;
    if (found->specs[index] != spec && found->specs[index]->fields != spec->fields)
        buf_addf(found->faults, "spec %s: two specs have this name\n", spec->name);
    if (found->uses[index] != use)
        buf_addf(found->faults, "spec %s: it describes bodies and replies, or bodies that are closed and open\n",
                 spec->name);
}

/* What is left out would be a $ref to nothing. */
static void full_note(struct found_specs *found, const char *name)
{
    if (found->faults != NULL)
        buf_addf(found->faults, "%s: the document has no room for its schema; raise the greatest number\n", name);
}

static void specs_add(struct found_specs *found, const struct spec *spec, enum spec_use use);

/* Generated clients give an enum without a name one of their own making, which may be another schema's. */
static void enum_add(struct found_specs *found, const struct field *field)
{
    if (field->type_name == NULL) {
        if (found->faults != NULL)
            buf_addf(found->faults, "field %s: its enum has no type_name\n", field->name);
        return;
    }
    for (size_t i = 0; i < found->enum_count; i++) {
        if (strcmp(found->enums[i]->type_name, field->type_name) != 0)
            continue;
        if (found->faults != NULL && found->enums[i]->names != field->names)
            buf_addf(found->faults, "enum %s: two enums have this name\n", field->type_name);
        return;
    }
    if (found->enum_count == OPENAPI_ENUMS_MAX)
        full_note(found, field->type_name);
    else
        found->enums[found->enum_count++] = field;
}

static void enums_add(struct found_specs *found, const struct spec *spec)
{
    for (size_t i = 0; spec != NULL && i < spec->field_count; i++)
        if (spec->fields[i].type == FIELD_ENUM)
            enum_add(found, &spec->fields[i]);
}

/* The rows of an inline spec belong to the schema around it; it has none of its own. */
static void nested_add(struct found_specs *found, const struct spec *spec, enum spec_use use)
{
    enums_add(found, spec);
    for (size_t i = 0; spec->one_of != NULL && spec->one_of[i] != NULL; i++)
        specs_add(found, spec->one_of[i], use);
    for (size_t i = 0; i < spec->field_count; i++)
        if (spec->fields[i].type == FIELD_INLINE)
            nested_add(found, spec->fields[i].spec, use);
        else
            specs_add(found, spec->fields[i].spec, use);
}

/* Adds a spec and those nested in it, each name once, in the order in which they are met. */
static void specs_add(struct found_specs *found, const struct spec *spec, enum spec_use use)
{
    if (spec == NULL)
        return;
    for (size_t i = 0; i < found->count; i++)
        if (strcmp(found->specs[i]->name, spec->name) == 0) {
            clash_note(found, i, spec, use);
            return;
        }
    if (found->count == OPENAPI_SPECS_MAX) {
        full_note(found, spec->name);
        return;
    }
    found->specs[found->count] = spec;
    found->uses[found->count++] = use;
    nested_add(found, spec, use);
}

static void specs_find(const struct route_table *const *tables, size_t table_count, struct found_specs *found)
{
    for (size_t t = 0; t < table_count; t++)
        for (size_t r = 0; r < tables[t]->count; r++) {
            specs_add(found, tables[t]->routes[r].body, route_body_use(&tables[t]->routes[r]));
            specs_add(found, tables[t]->routes[r].reply, SPEC_REPLY);
            specs_add(found, tables[t]->routes[r].cookie_reply, SPEC_REPLY);
            specs_add(found, tables[t]->routes[r].other_reply, SPEC_REPLY);
            enums_add(found, tables[t]->routes[r].query);
        }
}

enum err openapi_schemas_check(const struct route_table *const *tables, size_t table_count, struct buf *ret_faults)
{
    struct found_specs found = { .faults = ret_faults };
    size_t before = ret_faults->len;

    specs_find(tables, table_count, &found);
    return ret_faults->len == before ? ERR_OK : ERR_INVALID;
}

static const char parameters[] =
    "{\"IdempotencyKey\":{\"name\":\"Idempotency-Key\",\"in\":\"header\",\"required\":false,"
    "\"description\":\"A text of your own for this one thing, a UUID for example. Sent again within 24 hours it makes"
    " nothing twice and answers with what was made the first time; with another body it is 422.\","
    "\"schema\":{\"type\":\"string\",\"minLength\":1,\"maxLength\":128},"
    "\"example\":\"6f1d3c52-8a0e-4c1b-9f77-0b1f3f1e2d4c\"},"
    "\"IfMatch\":{\"name\":\"If-Match\",\"in\":\"header\",\"required\":false,"
    "\"description\":\"The ETag of what is to be changed. Where somebody else has changed it since, nothing is done and"
    " the answer is 412.\",\"schema\":{\"type\":\"string\"},\"example\":\"\\\"v3-8d1f0a2b3c4d5e6f\\\"\"},"
    "\"IfNoneMatch\":{\"name\":\"If-None-Match\",\"in\":\"header\",\"required\":false,"
    "\"description\":\"The ETag of an answer that you have. Where nothing has changed since, the answer is 304 without a"
    " body.\",\"schema\":{\"type\":\"string\"},\"example\":\"\\\"v3-8d1f0a2b3c4d5e6f\\\"\"},"
    "\"BrowserSession\":{\"name\":\"" BROWSER_HEADER "\",\"in\":\"header\",\"required\":false,"
    "\"description\":\"For pages of this server's own origin: what renews the session is in the cookie `" BROWSER_COOKIE
    "`, which no script can read, and no body holds a refresh token.\","
    "\"schema\":{\"type\":\"string\",\"pattern\":\"^cookie$\"},\"example\":\"cookie\"}}";
static const char headers[] =
    "{\"ClearSiteData\":{\"description\":\"Where `" BROWSER_HEADER
    "` came: takes away what the page has stored and cached.\","
    "\"schema\":{\"type\":\"string\"},\"example\":\"\\\"cache\\\", \\\"storage\\\"\"},"
    "\"ETag\":{\"description\":\"Its version and what is shown of it, for If-Match and If-None-Match.\","
    "\"schema\":{\"type\":\"string\"},\"example\":\"\\\"v3-8d1f0a2b3c4d5e6f\\\"\"},"
    "\"Link\":{\"description\":\"Where there is more: the address of the next page (RFC 8288).\","
    "\"schema\":{\"type\":\"string\"},\"example\":\"</workspaces?limit=50&cursor=AbC>; rel=\\\"next\\\"\"},"
    "\"Location\":{\"description\":\"The address of what was made, or of what was asked for.\","
    "\"schema\":{\"type\":\"string\",\"format\":\"uri-reference\"}},"
    "\"RateLimitLimit\":{\"description\":\"Requests that a full bucket of this class holds.\","
    "\"schema\":{\"type\":\"integer\",\"minimum\":1},\"example\":1200},"
    "\"RateLimitRemaining\":{\"description\":\"Requests that are left in it.\","
    "\"schema\":{\"type\":\"integer\",\"minimum\":0},\"example\":1199},"
    "\"RateLimitReset\":{\"description\":\"Seconds until it is full again.\","
    "\"schema\":{\"type\":\"integer\",\"minimum\":0},\"example\":1},"
    "\"RequestId\":{\"description\":\"The request's name in the server's log.\","
    "\"schema\":{\"type\":\"string\"},\"example\":\"2f0c1b5ad0a94b0f8a51b5f3a7c4d9e0\"},"
    "\"RetryAfter\":{\"description\":\"Seconds to wait before the next try.\","
    "\"schema\":{\"type\":\"integer\",\"minimum\":1},\"example\":2},"
    "\"SetCookie\":{\"description\":\"`" BROWSER_COOKIE "`, where `" BROWSER_HEADER "` asked for it or ends it.\","
    "\"schema\":{\"type\":\"string\"},"
    "\"example\":\"" BROWSER_COOKIE "=AbC; Path=/; Secure; HttpOnly; SameSite=Strict\"},"
    "\"WwwAuthenticate\":{\"description\":\"How to sign in: `Bearer`.\","
    "\"schema\":{\"type\":\"string\"},\"example\":\"Bearer\"}}";
static const char security[] =
    "{\"bearer\":{\"type\":\"http\",\"scheme\":\"bearer\",\"bearerFormat\":\"JWT\","
    "\"description\":\"An access token of `POST /auth/login`; an API key too, where one is enough\"},"
    "\"apiKey\":{\"type\":\"apiKey\",\"in\":\"header\",\"name\":\"X-API-Key\",\"description\":\"An API key\"},"
    "\"cookie\":{\"type\":\"apiKey\",\"in\":\"cookie\",\"name\":\"" BROWSER_COOKIE
    "\",\"description\":\"A browser's session. Only for pages of this server's own origin, by Sec-Fetch-Site and Origin,"
    " and where something changes with the header `" BROWSER_HEADER ": cookie`\"}";

static void raw_member(struct json_out *out, const char *name, const char *json)
{
    json_out_key(out, name);
    json_out_raw(out, str_from(json));
}

/* Those of multipart bodies, which the rows have as JSON. */
static void forms_write(struct json_out *out, const struct route_table *const *tables, size_t table_count)
{
    for (size_t t = 0; t < table_count; t++)
        for (size_t r = 0; r < tables[t]->count; r++)
            if (tables[t]->routes[r].form != NULL)
                raw_member(out, tables[t]->routes[r].form_name, tables[t]->routes[r].form);
}

static void schemas_write(struct json_out *out, const struct route_table *const *tables, size_t table_count,
                          const struct dialects *dialects)
{
    struct found_specs found = { .count = 0 };

    specs_find(tables, table_count, &found);
    json_out_key(out, "schemas");
    json_out_object(out);
    for (size_t i = 0; i < found.count; i++) {
        json_out_key(out, found.specs[i]->name);
        spec_schema(out, found.specs[i], found.uses[i]);
    }
    for (size_t i = 0; i < found.enum_count; i++) {
        json_out_key(out, found.enums[i]->type_name);
        spec_schema_enum(out, found.enums[i]);
    }
    forms_write(out, tables, table_count);
    openapi_error_schemas_write(out);
    for (size_t i = 0; i < dialects->count; i++) {
        raw_member(out, dialects->rows[i]->error_name, dialects->rows[i]->schema);
        if (dialects->rows[i]->fault_name != NULL)
            raw_member(out, dialects->rows[i]->fault_name, dialects->rows[i]->fault_schema);
    }
    json_out_object_end(out);
}

/* A dialect's own header for a key is a way of signing in on every route. */
static void security_schemes_write(struct json_out *out, const struct dialects *dialects)
{
    json_out_key(out, "securitySchemes");
    buf_add_c(out->buf, security);
    for (size_t i = 0; i < dialects->count; i++)
        if (dialects->rows[i]->credential != NULL)
            buf_addf(out->buf,
                     ",\"%sKey\":{\"type\":\"apiKey\",\"in\":\"header\",\"name\":\"%s\","
                     "\"description\":\"An API key, as clients of %s send it\"}",
                     dialects->rows[i]->name, dialects->rows[i]->credential, dialects->rows[i]->name);
    buf_add_byte(out->buf, '}');
    out->comma = true;
}

void openapi_components_write(struct json_out *out, const struct route_table *const *tables, size_t table_count)
{
    struct dialects dialects = dialects_find(tables, table_count);

    json_out_key(out, "components");
    json_out_object(out);
    schemas_write(out, tables, table_count, &dialects);
    openapi_error_responses_write(out, &dialects);
    openapi_error_examples_write(out, tables, table_count);
    raw_member(out, "parameters", parameters);
    raw_member(out, "headers", headers);
    security_schemes_write(out, &dialects);
    json_out_object_end(out);
}
