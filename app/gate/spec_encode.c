/* C structs into JSON. */
#include <assert.h>
#include <math.h>

#include "parley/core/clock.h"
#include "spec_private.h"

static const char *enum_name(const struct field *field, int value)
{
    assert(field->names != NULL);
    for (int i = 0; field->names[i] != NULL; i++)
        if (i == value - (int)field->min)
            return field->names[i];
    return NULL;
}

static bool uuid_is_zero(const struct uuid *id)
{
    static const struct uuid zero;

    return uuid_eq(id, &zero);
}

static const void *ref_target(const void *at)
{
    const void *target;

    memcpy(&target, at, sizeof(target));
    return target;
}

static bool value_is_null(const struct field *field, const void *at)
{
    switch (field->type) {
    case FIELD_STR:
    case FIELD_EMAIL:
    case FIELD_RAW: return ((const struct str *)at)->ptr == NULL;
    case FIELD_INT: return *(const int64_t *)at == INT_NULL;
    case FIELD_REAL: return isnan(*(const double *)at);
    case FIELD_UUID: return uuid_is_zero(at);
    case FIELD_TIME:
    case FIELD_NAIVE_TIME: return *(const int64_t *)at == 0;
    case FIELD_ENUM: return enum_name(field, *(const int *)at) == NULL;
    case FIELD_REF: return ref_target(at) == NULL;
    case FIELD_BOOL:
    case FIELD_OBJECT: return false;
    case FIELD_LIST: return (field->flags & FIELD_OMIT) != 0 && ((const struct list *)at)->count == 0;
    case FIELD_PASSWORD:
    case FIELD_INLINE:
    case FIELD_NONE_: break;
    }
    return true;
}

static void value_encode(struct json_out *out, const struct field *field, const void *at);

static void naive_time_encode(struct json_out *out, int64_t time_us)
{
    char text[CLOCK_TEXT_BYTES];

    clock_format(time_us, text);
    json_out_str(out, str_head(str_from(text), strlen(text) - 1));
}

static void list_encode(struct json_out *out, const struct field *field, const struct list *list)
{
    const struct field element = { .type = field->element };
    size_t item_bytes = list_item_bytes(field);

    if (field->spec != NULL) {
        spec_encode_list(out, field->spec, list->items, list->count);
        return;
    }
    json_out_array(out);
    for (size_t i = 0; i < list->count; i++)
        value_encode(out, &element, (const char *)list->items + i * item_bytes);
    json_out_array_end(out);
}

/* The value of one that is not null. */
static void value_encode(struct json_out *out, const struct field *field, const void *at)
{
    switch (field->type) {
    case FIELD_STR:
    case FIELD_EMAIL: json_out_str(out, *(const struct str *)at); return;
    case FIELD_RAW: json_out_raw(out, *(const struct str *)at); return;
    case FIELD_INT: json_out_int(out, *(const int64_t *)at); return;
    case FIELD_REAL: json_out_real(out, *(const double *)at); return;
    case FIELD_BOOL: json_out_bool(out, *(const bool *)at); return;
    case FIELD_UUID: json_out_uuid(out, at); return;
    case FIELD_TIME: json_out_time(out, *(const int64_t *)at); return;
    case FIELD_NAIVE_TIME: naive_time_encode(out, *(const int64_t *)at); return;
    case FIELD_ENUM: json_out_c(out, enum_name(field, *(const int *)at)); return;
    case FIELD_OBJECT: spec_encode(out, field->spec, at); return;
    case FIELD_REF: spec_encode(out, field->spec, ref_target(at)); return;
    case FIELD_LIST: list_encode(out, field, at); return;
    case FIELD_PASSWORD:
    case FIELD_INLINE:
    case FIELD_NONE_: break;
    }
    json_out_null(out);
}

/* The first field_count fields. */
static void fields_encode(struct json_out *out, const struct spec *spec, size_t field_count, const void *data)
{
    for (size_t i = 0; i < field_count; i++) {
        const struct field *field = &spec->fields[i];
        const void *at = (const char *)data + field->offset;
        bool null;

        if (field->type == FIELD_INLINE) {
            fields_encode(out, field->spec, field->spec->field_count, at);
            continue;
        }
        null = value_is_null(field, at);
        if (null && (field->flags & FIELD_OMIT))
            continue;
        json_out_key(out, field->name);
        if (null)
            json_out_null(out);
        else
            value_encode(out, field, at);
    }
}

void spec_encode(struct json_out *out, const struct spec *spec, const void *data)
{
    assert(spec != NULL);
    if (spec->text_max_bytes > 0) {
        json_out_raw(out, ((const struct spec_text *)data)->text);
        return;
    }
    json_out_object(out);
    fields_encode(out, spec, spec->field_count, data);
    json_out_object_end(out);
}

void spec_encode_open(struct json_out *out, const struct spec *spec, const void *data)
{
    const struct field *last = &spec->fields[spec->field_count - 1];

    assert(last->type == FIELD_LIST);
    json_out_object(out);
    fields_encode(out, spec, spec->field_count - 1, data);
    json_out_key(out, last->name);
    json_out_array(out);
}

void spec_encode_items(struct json_out *out, const struct spec *spec, const void *items, size_t count)
{
    for (size_t i = 0; i < count; i++)
        spec_encode(out, spec, (const char *)items + i * spec->size_bytes);
}

void spec_encode_list(struct json_out *out, const struct spec *spec, const void *items, size_t count)
{
    json_out_array(out);
    spec_encode_items(out, spec, items, count);
    json_out_array_end(out);
}
