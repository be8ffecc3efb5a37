/* What errors are, in the components of the OpenAPI document. */
#include "openapi_errors.h"
#include "parley/http/reply.h"

/* A code that is logged and never sent: nobody is there to read it. */
static bool is_sent(enum err e)
{
    return e != ERR_OK && e != ERR_CLIENT_GONE;
}

/* RFC 9457, with our members. */
static const char problem_schema[] =
    "{\"type\":\"object\",\"description\":\"What went wrong (RFC 9457). A program looks at `code`, a person reads"
    " `detail`.\",\"properties\":{"
    "\"type\":{\"type\":\"string\",\"description\":\"Always `about:blank`: the status and `code` tell all.\","
    "\"examples\":[\"about:blank\"]},"
    "\"title\":{\"type\":\"string\",\"description\":\"The status in words.\",\"examples\":[\"Not Found\"]},"
    "\"status\":{\"type\":\"integer\",\"description\":\"The status of the answer once more.\",\"examples\":[404]},"
    "\"code\":{\"$ref\":\"#/components/schemas/ErrorCode\"},"
    "\"detail\":{\"type\":\"string\",\"description\":\"An English sentence for a person; it may change.\","
    "\"examples\":[\"Chat not found\"]},"
    "\"request_id\":{\"type\":\"string\",\"description\":\"As in X-Request-Id and in the server's log.\","
    "\"examples\":[\"2f0c1b5ad0a94b0f8a51b5f3a7c4d9e0\"]},"
    "\"errors\":{\"type\":\"array\",\"description\":\"Each fault of a body or a query, where `code` is"
    " `validation_error`.\",\"items\":{\"$ref\":\"#/components/schemas/Fault\"}}},"
    "\"required\":[\"type\",\"title\",\"status\",\"code\",\"detail\",\"request_id\"]}";
static const char fault_schema[] =
    "{\"type\":\"object\",\"description\":\"One thing that is wrong with a request. The value itself is never"
    " repeated.\",\"properties\":{"
    "\"loc\":{\"type\":\"array\",\"description\":\"Where: `body`, `query` or `path`, then names and indexes.\","
    "\"items\":{\"type\":[\"string\",\"integer\"]},\"examples\":[[\"body\",\"email\"]]},"
    "\"msg\":{\"type\":\"string\",\"description\":\"What is wrong, for a person.\","
    "\"examples\":[\"is required\"]},"
    "\"type\":{\"type\":\"string\",\"description\":\"What is wrong, for a program.\","
    "\"examples\":[\"value_error.missing\"]}},\"required\":[\"loc\",\"msg\",\"type\"]}";

static void codes_write(struct json_out *out)
{
    json_out_object(out);
    json_out_kv_c(out, "type", "string");
    json_out_kv_c(out, "description",
                  "What went wrong, for a program: a code never changes its meaning. The page /docs/errors of a server"
                  " tells each. A later version may add codes: take one that you do not know by its status.");
    json_out_key(out, "enum");
    json_out_array(out);
    for (enum err e = ERR_OK; e < ERR_COUNT_; e++)
        if (is_sent(e))
            json_out_c(out, err_info(e)->code);
    json_out_array_end(out);
    json_out_object_end(out);
}

void openapi_error_schemas_write(struct json_out *out)
{
    json_out_key(out, "ErrorCode");
    codes_write(out);
    json_out_key(out, "Problem");
    json_out_raw(out, str_from(problem_schema));
    json_out_key(out, "Fault");
    json_out_raw(out, str_from(fault_schema));
}

static void example_write(struct json_out *out, enum err e)
{
    const struct err_info *info = err_info(e);

    json_out_key(out, info->code);
    json_out_object(out);
    json_out_kv_c(out, "summary", info->sentence);
    json_out_key(out, "value");
    json_out_object(out);
    json_out_kv_c(out, "type", "about:blank");
    json_out_kv_c(out, "title", reply_reason(info->http_status));
    json_out_kv_int(out, "status", info->http_status);
    json_out_kv_c(out, "code", info->code);
    json_out_kv_c(out, "detail", info->sentence);
    json_out_kv_c(out, "request_id", "2f0c1b5ad0a94b0f8a51b5f3a7c4d9e0");
    if (e == ERR_INVALID) {
        json_out_key(out, "errors");
        json_out_raw(out,
                     STR("[{\"loc\":[\"body\",\"email\"],\"msg\":\"is required\",\"type\":\"value_error.missing\"}]"));
    }
    json_out_object_end(out);
    json_out_object_end(out);
}

/* Does a response of the document show it? */
static bool is_shown(const struct route_table *const *tables, size_t table_count, enum err e)
{
    if (!is_sent(e) || err_info(e)->http_status >= 500)
        return is_sent(e);
    for (size_t t = 0; t < table_count; t++)
        for (size_t r = 0; r < tables[t]->count; r++)
            if (tables[t]->routes[r].dialect == NULL && openapi_error_is_given(&tables[t]->routes[r], e))
                return true;
    return false;
}

void openapi_error_examples_write(struct json_out *out, const struct route_table *const *tables, size_t table_count)
{
    json_out_key(out, "examples");
    json_out_object(out);
    for (enum err e = ERR_OK; e < ERR_COUNT_; e++)
        if (is_shown(tables, table_count, e))
            example_write(out, e);
    json_out_object_end(out);
}

/* Of what any route can answer with, where the fault is the server's. */
static void default_examples_write(struct json_out *out)
{
    json_out_key(out, "examples");
    json_out_object(out);
    for (enum err e = ERR_OK; e < ERR_COUNT_; e++) {
        if (!is_sent(e) || err_info(e)->http_status < 500)
            continue;
        json_out_key(out, err_info(e)->code);
        buf_addf(out->buf, "{\"$ref\":\"#/components/examples/%s\"}", err_info(e)->code);
        out->comma = true;
    }
    json_out_object_end(out);
}

static void default_content_write(struct json_out *out, const char *schema, const struct dialect *dialect)
{
    json_out_key(out, "content");
    json_out_object(out);
    json_out_key(out, dialect != NULL ? "application/json" : "application/problem+json");
    json_out_object(out);
    json_out_key(out, "schema");
    buf_addf(out->buf, "{\"$ref\":\"#/components/schemas/%s\"}", schema);
    out->comma = true;
    if (dialect == NULL)
        default_examples_write(out);
    json_out_object_end(out);
    json_out_object_end(out);
}

static void default_write(struct json_out *out, const struct dialect *dialect)
{
    const char *schema = dialect != NULL ? dialect->error_name : "Problem";

    json_out_key(out, schema);
    json_out_object(out);
    json_out_kv_c(out, "description",
                  "Anything else: a fault of the server (500), or something that it cannot do at the moment (503 with"
                  " Retry-After, 507)");
    json_out_key(out, "headers");
    json_out_raw(out, STR("{\"X-Request-Id\":{\"$ref\":\"#/components/headers/RequestId\"},"
                          "\"Retry-After\":{\"$ref\":\"#/components/headers/RetryAfter\"}}"));
    default_content_write(out, schema, dialect);
    json_out_object_end(out);
}

void openapi_error_responses_write(struct json_out *out, const struct dialects *dialects)
{
    json_out_key(out, "responses");
    json_out_object(out);
    default_write(out, NULL);
    for (size_t i = 0; i < dialects->count; i++)
        default_write(out, dialects->rows[i]);
    json_out_object_end(out);
}
