#include "openapi_schemas.h"

#include "parley/gate/browser.h"
#include "route_private.h"

enum { SPECS_MAX = 512 };

struct found_specs {
    size_t count;
    const struct spec *specs[SPECS_MAX];
    enum spec_use uses[SPECS_MAX];
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

static void specs_add(struct found_specs *found, const struct spec *spec, enum spec_use use);

/* The rows of an inline spec belong to the schema around it; it has none of its own. */
static void nested_add(struct found_specs *found, const struct spec *spec, enum spec_use use)
{
    for (size_t i = 0; i < spec->field_count; i++)
        if (spec->fields[i].type == FIELD_INLINE)
            nested_add(found, spec->fields[i].spec, use);
        else
            specs_add(found, spec->fields[i].spec, use);
}

/* Adds a spec and those nested in it, each name once, in the order in which they are met. */
static void specs_add(struct found_specs *found, const struct spec *spec, enum spec_use use)
{
    if (spec == NULL || found->count == SPECS_MAX)
        return;
    for (size_t i = 0; i < found->count; i++)
        if (strcmp(found->specs[i]->name, spec->name) == 0) {
            clash_note(found, i, spec, use);
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
        }
}

enum err openapi_schemas_check(const struct route_table *const *tables, size_t table_count, struct buf *ret_faults)
{
    struct found_specs found = { .faults = ret_faults };
    size_t before = ret_faults->len;

    specs_find(tables, table_count, &found);
    return ret_faults->len == before ? ERR_OK : ERR_INVALID;
}

/* RFC 9457, with our members. */
static const char problem_schema[] =
    "{\"type\":\"object\",\"properties\":{\"type\":{\"type\":\"string\"},\"title\":{\"type\":\"string\"},"
    "\"status\":{\"type\":\"integer\"},\"code\":{\"type\":\"string\"},\"detail\":{\"type\":\"string\"},"
    "\"request_id\":{\"type\":\"string\"},\"errors\":{\"type\":\"array\",\"items\":{\"type\":\"object\","
    "\"properties\":{\"loc\":{\"type\":\"array\",\"items\":{\"type\":[\"string\",\"integer\"]}},"
    "\"msg\":{\"type\":\"string\"},\"type\":{\"type\":\"string\"}},\"required\":[\"loc\",\"msg\",\"type\"]}}},"
    "\"required\":[\"type\",\"title\",\"status\",\"code\",\"detail\",\"request_id\"]}";
static const char parameters[] =
    "{\"IdempotencyKey\":{\"name\":\"Idempotency-Key\",\"in\":\"header\",\"required\":false,"
    "\"description\":\"The same key again makes nothing twice\","
    "\"schema\":{\"type\":\"string\",\"minLength\":1,\"maxLength\":128}},"
    "\"BrowserSession\":{\"name\":\"" BROWSER_HEADER "\",\"in\":\"header\",\"required\":false,"
    "\"description\":\"For pages of this server's own origin: what renews the session is in the cookie " BROWSER_COOKIE
    ", which no script can read, and no body holds a refresh token\","
    "\"schema\":{\"type\":\"string\",\"enum\":[\"cookie\"]}}}";
static const char headers[] =
    "{\"RetryAfter\":{\"description\":\"Seconds to wait\",\"schema\":{\"type\":\"integer\",\"minimum\":1}},"
    "\"RateLimitLimit\":{\"description\":\"Requests that a full bucket of this class holds\","
    "\"schema\":{\"type\":\"integer\",\"minimum\":1}},"
    "\"RateLimitRemaining\":{\"description\":\"Requests that are left in it\","
    "\"schema\":{\"type\":\"integer\",\"minimum\":0}},"
    "\"RateLimitReset\":{\"description\":\"Seconds until it is full again\","
    "\"schema\":{\"type\":\"integer\",\"minimum\":0}},"
    "\"SetCookie\":{\"description\":\"" BROWSER_COOKIE ", where " BROWSER_HEADER " asked for it\","
    "\"schema\":{\"type\":\"string\"}},"
    "\"ClearSiteData\":{\"description\":\"Where " BROWSER_HEADER " came: what the page has stored and cached\","
    "\"schema\":{\"type\":\"string\"}}}";
static const char security[] =
    "{\"bearer\":{\"type\":\"http\",\"scheme\":\"bearer\",\"bearerFormat\":\"JWT\","
    "\"description\":\"An access token; an API key too, where one is enough\"},"
    "\"apiKey\":{\"type\":\"apiKey\",\"in\":\"header\",\"name\":\"X-API-Key\"},"
    "\"cookie\":{\"type\":\"apiKey\",\"in\":\"cookie\",\"name\":\"" BROWSER_COOKIE
    "\",\"description\":\"A browser's session. Only for pages of this server's own origin, "
    "by Sec-Fetch-Site and Origin, and where something changes with the header " BROWSER_HEADER "\"}";

static void raw_member(struct json_out *out, const char *name, const char *json)
{
    json_out_key(out, name);
    json_out_raw(out, str_from(json));
}

/* The response with which errors of that schema are answered. */
static void error_response_write(struct json_out *out, const char *schema, const char *type)
{
    json_out_key(out, schema);
    json_out_object(out);
    json_out_kv_c(out, "description", "What went wrong");
    json_out_key(out, "content");
    json_out_object(out);
    json_out_key(out, type);
    json_out_object(out);
    json_out_key(out, "schema");
    json_out_object(out);
    json_out_key(out, "$ref");
    buf_addf(out->buf, "\"#/components/schemas/%s\"", schema);
    out->comma = true;
    json_out_object_end(out);
    json_out_object_end(out);
    json_out_object_end(out);
    json_out_object_end(out);
}

static void error_responses_write(struct json_out *out, const struct dialects *dialects)
{
    json_out_key(out, "responses");
    json_out_object(out);
    error_response_write(out, "Problem", "application/problem+json");
    for (size_t i = 0; i < dialects->count; i++)
        error_response_write(out, dialects->rows[i]->error_name, "application/json");
    json_out_object_end(out);
}

/* A dialect's own header for a key is a way of signing in on every route. */
static void security_schemes_write(struct json_out *out, const struct dialects *dialects)
{
    json_out_key(out, "securitySchemes");
    buf_add_c(out->buf, security);
    for (size_t i = 0; i < dialects->count; i++)
        if (dialects->rows[i]->credential != NULL)
            buf_addf(out->buf, ",\"%sKey\":{\"type\":\"apiKey\",\"in\":\"header\",\"name\":\"%s\"}",
                     dialects->rows[i]->name, dialects->rows[i]->credential);
    buf_add_byte(out->buf, '}');
    out->comma = true;
}

void openapi_components_write(struct json_out *out, const struct route_table *const *tables, size_t table_count)
{
    struct dialects dialects = dialects_find(tables, table_count);
    struct found_specs found = { .count = 0 };

    specs_find(tables, table_count, &found);
    json_out_key(out, "components");
    json_out_object(out);
    json_out_key(out, "schemas");
    json_out_object(out);
    for (size_t i = 0; i < found.count; i++) {
        json_out_key(out, found.specs[i]->name);
        spec_schema(out, found.specs[i], found.uses[i]);
    }
    raw_member(out, "Problem", problem_schema);
    for (size_t i = 0; i < dialects.count; i++)
        raw_member(out, dialects.rows[i]->error_name, dialects.rows[i]->schema);
    json_out_object_end(out);
    error_responses_write(out, &dialects);
    raw_member(out, "parameters", parameters);
    raw_member(out, "headers", headers);
    security_schemes_write(out, &dialects);
    json_out_object_end(out);
}
