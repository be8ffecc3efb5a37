#include "octopus.h"

#include "parley/core/attrs.h"
#include "parley/core/limits.h"
#include "parley/gate/page.h"

enum { LIMIT_DEFAULT = 100, SKIP_MAX = 1000000 };

static const struct dialect_error errors[] = {
    { ERR_UNAUTHORIZED, 422, NULL },
    { ERR_KEY, 403, "Invalid or inactive API Key" },
    { ERR_KEY_EXPIRED, 403, "API Key has expired" },
    { ERR_KEY_ADDRESS, 403, "API Key not authorized from this IP address" },
    { ERR_KEY_IN_USE, 400, NULL },
    { ERR_KEY_OVER, 400, NULL },
    { ERR_LAST_ADMIN, 400, NULL },
    { ERR_LIMIT, 400, NULL },
    { ERR_BOOTSTRAP_DONE, 400, NULL },
    { ERR_RATE_LIMITED, 429, "Rate limit exceeded" },
    OCTOPUS_ERRORS_END,
};

/* Its names for what can be wrong with a value, by ours; what is not here keeps our name. */
static const struct {
    const char *ours, *theirs;
} types[] = {
    { "value_error.missing", "missing" },
    { "value_error.jsondecode", "json_invalid" },
    { "type_error.dict", "model_attributes_type" },
    { "type_error.none.not_allowed", "none_not_allowed" },
    { "type_error.str", "string_type" },
    { "type_error.integer", "int_parsing" },
    { "type_error.bool", "bool_parsing" },
    { "value_error.datetime", "datetime_parsing" },
    { "value_error.any_str.min_length", "string_too_short" },
    { "value_error.any_str.max_length", "string_too_long" },
    { "value_error.number.not_ge", "greater_than_equal" },
    { "value_error.number.not_le", "less_than_equal" },
};

static const char *type_name(const char *ours)
{
    for (size_t i = 0; i < COUNT_OF(types); i++)
        if (strcmp(types[i].ours, ours) == 0)
            return types[i].theirs;
    return ours;
}

/* That system takes the credential for a field of the request. */
static const char credential_missing[] =
    "[{\"type\":\"missing\",\"loc\":[\"header\",\"Octopus-API-Key\"],\"msg\":\"Field required\",\"input\":null}]";

static void faults_write(const struct dialect_problem *problem, struct json_out *out)
{
    json_out_array(out);
    for (size_t i = 0; i < problem->fault_count; i++) {
        const struct fault *fault = &problem->faults[i];
        json_out_object(out);
        json_out_kv_c(out, "type", type_name(fault->type));
        json_out_key(out, "loc");
        dialect_place_write(fault, out);
        json_out_kv_c(out, "msg", fault->message);
        json_out_object_end(out);
    }
    json_out_array_end(out);
}

static void error_write(const struct dialect_problem *problem, struct json_out *out)
{
    json_out_object(out);
    json_out_key(out, problem->err == ERR_RATE_LIMITED ? "error" : "detail");
    if (problem->err == ERR_UNAUTHORIZED)
        json_out_raw(out, str_from(credential_missing));
    else if (problem->fault_count > 0)
        faults_write(problem, out);
    else
        json_out_c(out, problem->text);
    json_out_object_end(out);
}

/* `error` stands in the place of `detail` where the limit of rate is exceeded. */
static const char schema[] =
    "{\"type\":\"object\",\"description\":\"An error in that system's shape: `detail`, or `error` where the limit of"
    " rate is exceeded.\",\"properties\":{\"detail\":{\"description\":\"What went wrong, or each fault of the request.\","
    "\"anyOf\":[{\"type\":\"string\"},{\"type\":\"array\","
    "\"items\":{\"$ref\":\"#/components/schemas/OctopusFault\"}}]},"
    "\"error\":{\"type\":\"string\",\"description\":\"Too many requests.\"}},"
    "\"minProperties\":1,\"maxProperties\":1}";
static const char fault_schema[] =
    "{\"type\":\"object\",\"description\":\"One thing that is wrong with a request.\",\"properties\":{"
    "\"type\":{\"type\":\"string\",\"description\":\"What is wrong, for a program.\",\"examples\":[\"missing\"]},"
    "\"loc\":{\"type\":\"array\",\"description\":\"Where it is.\",\"items\":{\"type\":[\"string\",\"integer\"]},"
    "\"examples\":[[\"body\",\"name\"]]},"
    "\"msg\":{\"type\":\"string\",\"description\":\"What is wrong, for a person.\",\"examples\":[\"is required\"]},"
    "\"input\":{\"type\":[\"string\",\"null\"],\"description\":\"Always null: no value is repeated.\"}},"
    "\"required\":[\"type\",\"loc\",\"msg\"]}";

static const struct field page_fields[] = {
    { "skip", FIELD_INT, 0, 0, SKIP_MAX, .offset = offsetof(struct page_window, skip_count),
      .doc = "Rows to leave out" },
    { "limit", FIELD_INT, 0, 1, 0, .offset = offsetof(struct page_window, limit),
      .doc = "100 when not sent; more than 200 gives 200" },
};
static const struct spec page = { SPEC_INIT("OctopusPage", struct page_window, page_fields) };

const struct dialect octopus = {
    .name = "octopus",
    .on = DIALECT_ALWAYS,
    .credential = "Octopus-API-Key",
    .rate = RATE_DIALECT,
    .ids = DIALECT_IDS_INTEGER,
    .page = &page,
    .limit_default = LIMIT_DEFAULT,
    .limit_max = PAGE_MAX,
    .ignores_unknown = true,
    .error_name = "OctopusError",
    .schema = schema,
    .fault_name = "OctopusFault",
    .fault_schema = fault_schema,
    .errors = errors,
    .error_write = error_write,
};
