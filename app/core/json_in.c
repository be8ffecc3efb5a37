#include "parley/core/json_in.h"

#include <jansson.h>

#include "parley/core/limits.h"

/* struct json_in is jansson's json_t under a name of ours. */
static json_t *theirs(const struct json_in *v)
{
    return (json_t *)(uintptr_t)v;
}

static const struct json_in *ours(const json_t *v)
{
    return (const struct json_in *)(const void *)v;
}

static void release(void *root)
{
    json_decref(root);
}

/*
 * The nesting, judged before parsing, so that a deep text costs no recursion. Brackets inside strings do not count;
 * whether they match is the parser's business.
 */
static bool too_deep(struct str text)
{
    size_t depth = 0;
    bool in_string = false;
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        if (in_string && c == '\\')
            i++;
        else if (c == '"')
            in_string = !in_string;
        else if (in_string)
            continue;
        else if (c == '{' || c == '[')
            depth++;
        else if ((c == '}' || c == ']') && depth > 0)
            depth--;
        if (depth > JSON_DEPTH_MAX)
            return true;
    }
    return false;
}

static const char *reason_for(const json_error_t *error)
{
    switch (json_error_code(error)) {
    case json_error_duplicate_key: return "A name stands twice in an object";
    case json_error_invalid_utf8: return "The text is not UTF-8";
    case json_error_null_character:
    case json_error_null_byte_in_key: return "The character U+0000 is not allowed";
    case json_error_numeric_overflow: return "A number is out of range";
    case json_error_premature_end_of_input: return "The JSON ends too early";
    case json_error_end_of_input_expected: return "Something stands behind the JSON";
    default: return "The body is not JSON";
    }
}

void json_in_init(void)
{
    json_object_seed(0);
}

static enum err parse(struct arena *a, struct str text, size_t flags, const struct json_in **ret_root,
                      json_error_t *error)
{
    json_t *root = json_loadb(text.ptr ? text.ptr : "", text.len, flags | JSON_DECODE_ANY, error);

    if (!root)
        return json_error_code(error) == json_error_out_of_memory ? ERR_NO_MEMORY : ERR_INVALID;
    TRY(arena_defer(a, release, root));
    *ret_root = ours(root);
    return ERR_OK;
}

enum err json_in_parse(struct arena *a, struct str text, const struct json_in **ret_root, const char **ret_reason)
{
    json_error_t error;
    enum err e;

    *ret_reason = "The JSON is nested too deeply";
    if (too_deep(text))
        return ERR_INVALID;
    e = parse(a, text, JSON_REJECT_DUPLICATES, ret_root, &error);
    *ret_reason = e == ERR_INVALID ? reason_for(&error) : "";
    return e;
}

enum err json_in_parse_lenient(struct arena *a, struct str text, const struct json_in **ret_root,
                               const char **ret_reason)
{
    json_error_t error;
    enum err e;

    *ret_reason = "The JSON is nested too deeply";
    if (too_deep(text))
        return ERR_INVALID;
    e = parse(a, text, 0, ret_root, &error);
    if (e == ERR_INVALID && json_error_code(&error) == json_error_numeric_overflow)
        e = parse(a, text, JSON_DECODE_INT_AS_REAL, ret_root, &error);
    *ret_reason = e == ERR_INVALID ? reason_for(&error) : "";
    return e;
}

enum json_in_kind json_in_kind(const struct json_in *v)
{
    if (v == NULL)
        return JSON_NULL_KIND;
    switch (json_typeof(theirs(v))) {
    case JSON_OBJECT: return JSON_OBJECT_KIND;
    case JSON_ARRAY: return JSON_ARRAY_KIND;
    case JSON_STRING: return JSON_STRING_KIND;
    case JSON_INTEGER: return JSON_INT_KIND;
    case JSON_REAL: return JSON_REAL_KIND;
    case JSON_TRUE:
    case JSON_FALSE: return JSON_BOOL_KIND;
    default: return JSON_NULL_KIND;
    }
}

const struct json_in *json_in_member(const struct json_in *v, const char *name)
{
    return ours(json_object_get(theirs(v), name));
}

size_t json_in_count(const struct json_in *v)
{
    return json_is_object(theirs(v)) ? json_object_size(theirs(v)) : json_array_size(theirs(v));
}

const struct json_in *json_in_at(const struct json_in *v, size_t index)
{
    return ours(json_array_get(theirs(v), index));
}

struct str json_in_string(const struct json_in *v)
{
    return (struct str){ json_string_value(theirs(v)), json_string_length(theirs(v)) };
}

int64_t json_in_integer(const struct json_in *v)
{
    return json_integer_value(theirs(v));
}

double json_in_number(const struct json_in *v)
{
    return json_number_value(theirs(v));
}

bool json_in_boolean(const struct json_in *v)
{
    return json_is_true(theirs(v));
}

static int add(const char *bytes, size_t len, void *buf)
{
    buf_add_bytes(buf, bytes, len);
    return 0;
}

enum err json_in_write(const struct json_in *v, struct buf *out)
{
    if (v == NULL)
        buf_add_c(out, "null");
    else if (json_dump_callback(theirs(v), add, out, JSON_COMPACT | JSON_ENCODE_ANY) != 0)
        return ERR_NO_MEMORY;
    return buf_check(out);
}

void json_in_each_member(const struct json_in *v, bool (*fn)(const char *, const struct json_in *, void *), void *arg)
{
    const char *name = NULL;
    json_t *value = NULL;
    json_object_foreach(theirs(v), name, value)
    {
        if (!fn(name, ours(value), arg))
            return;
    }
}
