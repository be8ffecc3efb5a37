#include "parley/gate/spec.h"

#include "spec_private.h"

enum {
    FIELDS_MAX = 64, /* bits of struct body */
    NESTING_MAX = 8, /* a reply's spec may name itself; it was looked at by then */
};

bool field_has_min(const struct field *field)
{
    return field->min != 0 || field->max != 0;
}

bool field_has_max(const struct field *field)
{
    return field_has_min(field) && field->max >= field->min;
}

size_t field_size_bytes(enum field_type type, const struct spec *spec)
{
    switch (type) {
    case FIELD_STR:
    case FIELD_EMAIL:
    case FIELD_PASSWORD:
    case FIELD_RAW: return sizeof(struct str);
    case FIELD_INT:
    case FIELD_TIME:
    case FIELD_NAIVE_TIME: return sizeof(int64_t);
    case FIELD_REAL: return sizeof(double);
    case FIELD_BOOL: return sizeof(bool);
    case FIELD_UUID: return sizeof(struct uuid);
    case FIELD_ENUM: return sizeof(int);
    case FIELD_INLINE:
    case FIELD_OBJECT: return spec != NULL ? spec->size_bytes : 0;
    case FIELD_REF: return sizeof(void *);
    case FIELD_LIST: return sizeof(struct list);
    case FIELD_NONE_: break;
    }
    return 0;
}

size_t list_item_bytes(const struct field *list)
{
    return list->spec != NULL ? list->spec->size_bytes : field_size_bytes(list->element, NULL);
}

static bool is_nesting(enum field_type type)
{
    return type == FIELD_OBJECT || type == FIELD_REF || type == FIELD_LIST || type == FIELD_INLINE;
}

static bool is_element(enum field_type type)
{
    return type == FIELD_STR || type == FIELD_UUID || type == FIELD_INT;
}

/* What is wrong with a row; NULL: nothing. */
static const char *field_fault(const struct spec *spec, const struct field *field, enum spec_use use)
{
    if ((field->name == NULL) != (field->type == FIELD_INLINE) || field->type == FIELD_NONE_)
        return "has no name or no type";
    if (field->type == FIELD_INLINE && (field->spec == NULL || field->spec == spec))
        return "has no other spec's rows";
    if (field->type == FIELD_ENUM && (field->names == NULL || field->names[0] == NULL))
        return "is an enum without names";
    if ((field->type == FIELD_OBJECT || field->type == FIELD_REF) && field->spec == NULL)
        return "has no spec of its own";
    if (field->type == FIELD_LIST && field->spec == NULL && !is_element(field->element))
        return "is a list of nothing";
    if ((field->type == FIELD_RAW || field->type == FIELD_NAIVE_TIME) && use != SPEC_REPLY)
        return "has a type that is for replies only";
    if (field->type == FIELD_PASSWORD && use == SPEC_REPLY)
        return "is a password, which is never answered";
    if (is_nesting(field->type) && use == SPEC_QUERY)
        return "is nested, which a query cannot be";
    if (use != SPEC_REPLY && field->offset < sizeof(struct body))
        return "lies over struct body, with which the struct must begin";
    if (field->offset + field_size_bytes(field->type, field->spec) > spec->size_bytes)
        return "lies outside its struct";
    return NULL;
}

/* Is the name among those rows, or the rows in them? */
static bool name_is_among(const struct field *rows, size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++) {
        const struct spec *inner = rows[i].type == FIELD_INLINE ? rows[i].spec : NULL;

        if (rows[i].name != NULL && strcmp(rows[i].name, name) == 0)
            return true;
        if (inner != NULL && name_is_among(inner->fields, inner->field_count, name))
            return true;
    }
    return false;
}

static bool name_repeats(const struct field *rows, size_t count, const struct field *field)
{
    if (field->type != FIELD_INLINE)
        return name_is_among(rows, count, field->name);
    for (size_t i = 0; i < field->spec->field_count; i++)
        if (name_repeats(rows, count, &field->spec->fields[i]))
            return true;
    return false;
}

static void check(const struct spec *spec, enum spec_use use, int depth, struct buf *faults)
{
    if (spec->name == NULL || spec->field_count > FIELDS_MAX || spec->size_bytes == 0)
        buf_addf(faults, "spec %s: it needs a name, a size and at most %d fields\n",
                 spec->name != NULL ? spec->name : "(without a name)", FIELDS_MAX);
    if (spec->text_max_bytes > 0 && (spec->field_count > 0 || spec->size_bytes != sizeof(struct spec_text)))
        buf_addf(faults, "spec %s: an object that is kept whole has no rows, and a struct spec_text\n", spec->name);
    for (size_t i = 0; spec->one_of != NULL && spec->one_of[i] != NULL && depth < NESTING_MAX; i++)
        check(spec->one_of[i], use, depth + 1, faults);
    for (size_t i = 0; i < spec->field_count; i++) {
        const struct field *field = &spec->fields[i];
        const char *error_text = field_fault(spec, field, use);
        if (error_text == NULL && name_repeats(spec->fields, i, field))
            error_text = "is listed twice";
        if (error_text != NULL)
            buf_addf(faults, "spec %s: row %zu (%s) %s\n", spec->name != NULL ? spec->name : "(without a name)", i,
                     field->name != NULL ? field->name : "?", error_text);
        else if (field->spec != NULL && depth < NESTING_MAX)
            check(field->spec, use, depth + 1, faults);
    }
}

enum err spec_check(const struct spec *spec, enum spec_use use, struct buf *ret_faults)
{
    size_t before = ret_faults->len;

    check(spec, use, 0, ret_faults);
    return ret_faults->len == before ? ERR_OK : ERR_INVALID;
}
