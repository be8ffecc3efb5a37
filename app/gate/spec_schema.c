/* Specs as JSON Schema (draft 2020-12, as OpenAPI 3.1 has it). */
#include "spec_private.h"

static void type_write(struct json_out *out, const struct field *field, const char *type)
{
    json_out_key(out, "type");
    if (!(field->flags & FIELD_NULLABLE)) {
        json_out_c(out, type);
        return;
    }
    json_out_array(out);
    json_out_c(out, type);
    json_out_c(out, "null");
    json_out_array_end(out);
}

static void bounds_write(struct json_out *out, const struct field *field, const char *min_key, const char *max_key)
{
    if (field_has_min(field))
        json_out_kv_int(out, min_key, field->min);
    if (field_has_max(field))
        json_out_kv_int(out, max_key, field->max);
}

static void string_write(struct json_out *out, const struct field *field, const char *format)
{
    type_write(out, field, "string");
    if (format != NULL)
        json_out_kv_c(out, "format", format);
}

static void ref_write(struct json_out *out, const char *name)
{
    json_out_key(out, "$ref");
    buf_addf(out->buf, "\"#/components/schemas/%s\"", name);
    out->comma = true;
}

static void named_write(struct json_out *out, const struct field *field, const char *name)
{
    if (!(field->flags & FIELD_NULLABLE)) {
        ref_write(out, name);
        return;
    }
    json_out_key(out, "anyOf");
    json_out_array(out);
    json_out_object(out);
    ref_write(out, name);
    json_out_object_end(out);
    json_out_object(out);
    json_out_kv_c(out, "type", "null");
    json_out_object_end(out);
    json_out_array_end(out);
}

static void names_write(struct json_out *out, const struct field *field)
{
    json_out_key(out, "enum");
    json_out_array(out);
    for (size_t i = 0; field->names[i] != NULL; i++)
        json_out_c(out, field->names[i]);
    json_out_array_end(out);
}

static void raw_write(struct json_out *out, const struct field *field)
{
    if (field->schema == NULL)
        return;
    buf_addf(out->buf, "%s%s", out->comma ? "," : "", field->schema);
    out->comma = true;
}

static void list_write(struct json_out *out, const struct field *field)
{
    const struct field element = { .name = field->name, .type = field->element };

    type_write(out, field, "array");
    bounds_write(out, field, "minItems", "maxItems");
    json_out_key(out, "items");
    if (field->spec == NULL) {
        spec_schema_value(out, &element);
        return;
    }
    json_out_object(out);
    ref_write(out, field->spec->name);
    json_out_object_end(out);
}

static void members_write(struct json_out *out, const struct field *field)
{
    switch (field->type) {
    case FIELD_STR:
        string_write(out, field, NULL);
        bounds_write(out, field, "minLength", "maxLength");
        return;
    case FIELD_EMAIL: string_write(out, field, "email"); return;
    case FIELD_PASSWORD: string_write(out, field, "password"); return;
    case FIELD_INT:
        type_write(out, field, "integer");
        json_out_kv_c(out, "format", "int64");
        bounds_write(out, field, "minimum", "maximum");
        return;
    case FIELD_REAL:
        type_write(out, field, "number");
        bounds_write(out, field, "minimum", "maximum");
        return;
    case FIELD_BOOL: type_write(out, field, "boolean"); return;
    case FIELD_UUID: string_write(out, field, "uuid"); return;
    case FIELD_TIME: string_write(out, field, "date-time"); return;
    case FIELD_NAIVE_TIME: string_write(out, field, NULL); return; /* RFC 3339 has no date-time without an offset */
    case FIELD_ENUM: named_write(out, field, field->type_name); return;
    case FIELD_OBJECT:
    case FIELD_REF: named_write(out, field, field->spec->name); return;
    case FIELD_LIST: list_write(out, field); return;
    case FIELD_RAW: raw_write(out, field); return;
    case FIELD_INLINE:
    case FIELD_NONE_: return; /* anything */
    }
}

static void value_write(struct json_out *out, const struct field *field)
{
    members_write(out, field);
    if (field->constant != NULL) {
        json_out_key(out, "const");
        json_out_raw(out, str_from(field->constant));
    }
    if (field->example != NULL) {
        json_out_key(out, "examples");
        buf_addf(out->buf, "[%s]", field->example);
        out->comma = true;
    }
}

void spec_schema_value(struct json_out *out, const struct field *field)
{
    json_out_object(out);
    value_write(out, field);
    json_out_object_end(out);
}

static void field_write(struct json_out *out, const struct field *field)
{
    json_out_object(out);
    value_write(out, field);
    if (field->doc != NULL)
        json_out_kv_c(out, "description", field->doc);
    json_out_object_end(out);
}

void spec_schema_enum(struct json_out *out, const struct field *field)
{
    json_out_object(out);
    json_out_kv_c(out, "type", "string");
    names_write(out, field);
    json_out_object_end(out);
}

static bool is_always_there(const struct field *field, enum spec_use use)
{
    return use == SPEC_REPLY ? !(field->flags & FIELD_OMIT) : (field->flags & FIELD_REQUIRED) != 0;
}

static void properties_write(struct json_out *out, const struct spec *spec)
{
    for (size_t i = 0; i < spec->field_count; i++) {
        const struct field *field = &spec->fields[i];

        if (field->type == FIELD_INLINE) {
            properties_write(out, field->spec);
            continue;
        }
        json_out_key(out, field->name);
        field_write(out, field);
    }
}

bool spec_has_required(const struct spec *spec)
{
    for (size_t i = 0; i < spec->field_count; i++) {
        const struct field *field = &spec->fields[i];

        if (field->type == FIELD_INLINE ? spec_has_required(field->spec) : (field->flags & FIELD_REQUIRED) != 0)
            return true;
    }
    return false;
}

static void alternatives_write(struct json_out *out, const struct spec *spec)
{
    json_out_key(out, "oneOf");
    json_out_array(out);
    for (size_t i = 0; spec->one_of[i] != NULL; i++) {
        json_out_object(out);
        ref_write(out, spec->one_of[i]->name);
        json_out_object_end(out);
    }
    json_out_array_end(out);
}

static void required_write(struct json_out *out, const struct spec *spec, enum spec_use use)
{
    for (size_t i = 0; i < spec->field_count; i++) {
        const struct field *field = &spec->fields[i];

        if (field->type == FIELD_INLINE)
            required_write(out, field->spec, use);
        else if (is_always_there(field, use))
            json_out_c(out, field->name);
    }
}

void spec_schema(struct json_out *out, const struct spec *spec, enum spec_use use)
{
    json_out_object(out);
    if (spec->doc != NULL)
        json_out_kv_c(out, "description", spec->doc);
    if (spec->one_of != NULL) {
        alternatives_write(out, spec);
        json_out_object_end(out);
        return;
    }
    json_out_kv_c(out, "type", "object");
    if (spec->text_max_bytes > 0) {
        json_out_kv_bool(out, "additionalProperties", true);
        json_out_object_end(out);
        return;
    }
    json_out_key(out, "properties");
    json_out_object(out);
    properties_write(out, spec);
    json_out_object_end(out);
    json_out_key(out, "required");
    json_out_array(out);
    required_write(out, spec, use);
    json_out_array_end(out);
    /* An answer stays open: a later version may have more in it, and a client made of this document must take that. */
    if (use == SPEC_BODY)
        json_out_kv_bool(out, "additionalProperties", false);
    json_out_object_end(out);
}
