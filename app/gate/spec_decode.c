/* JSON and query parameters into C structs. Decoding goes on after a fault, so that the client learns of all of them. */
#include <assert.h>
#include <ctype.h>
#include <errno.h>
#include <math.h>

#include "spec_private.h"

enum { NAME_SHOWN_MAX = 64 };

static enum err object_decode(struct decoder *d, const struct spec *spec, const struct place *place,
                              const struct json_in *value, void *out);
static enum err value_decode(struct decoder *d, const struct field *field, const struct place *place,
                             const struct json_in *value, void *out);

/* Keeps the first error, but goes on after ERR_INVALID only. */
static bool note(enum err e, enum err *kept)
{
    if (*kept == ERR_OK || e == ERR_NO_MEMORY)
        *kept = e != ERR_OK ? e : *kept;
    return e != ERR_NO_MEMORY;
}

static void null_set(const struct field *field, void *out)
{
    if (field->type == FIELD_INT)
        *(int64_t *)out = INT_NULL;
    else if (field->type == FIELD_REAL)
        *(double *)out = NAN;
    else if (field->type == FIELD_ENUM)
        *(int *)out = -1;
}

static enum err kind_fault(struct decoder *d, const struct field *field, const struct place *place)
{
    switch (field->type) {
    case FIELD_INT: return decoder_fault(d, place, "type_error.integer", "must be a whole number");
    case FIELD_REAL: return decoder_fault(d, place, "type_error.float", "must be a number");
    case FIELD_BOOL: return decoder_fault(d, place, "type_error.bool", "must be true or false");
    case FIELD_LIST: return decoder_fault(d, place, "type_error.list", "must be a list");
    default: return decoder_fault(d, place, "type_error.str", "must be a string");
    }
}

static enum err count_check(struct decoder *d, const struct field *field, const struct place *place, size_t count)
{
    if (field_has_min(field) && (int64_t)count < field->min)
        return decoder_fault(d, place, "value_error.list.min_items", "must have at least %lld items",
                             (long long)field->min);
    if (field_has_max(field) && (int64_t)count > field->max)
        return decoder_fault(d, place, "value_error.list.max_items", "must have at most %lld items",
                             (long long)field->max);
    return ERR_OK;
}

static enum err list_decode(struct decoder *d, const struct field *field, const struct place *place,
                            const struct json_in *value, struct list *out)
{
    const struct field element = { .name = field->name, .type = field->element };
    size_t count = json_in_count(value);
    size_t item_bytes = list_item_bytes(field);
    enum err kept = ERR_OK;
    char *items;

    TRY(count_check(d, field, place, count));
    if (count == 0)
        return ERR_OK;
    items = arena_calloc(d->ctx->arena, count, item_bytes);
    if (items == NULL)
        return fail(d->ctx, ERR_NO_MEMORY);
    for (size_t i = 0; i < count; i++) {
        const struct place here = { .up = place, .index = i };
        const struct json_in *item = json_in_at(value, i);
        enum err e = field->spec != NULL ? object_decode(d, field->spec, &here, item, items + i * item_bytes)
                                         : value_decode(d, &element, &here, item, items + i * item_bytes);
        if (!note(e, &kept))
            break;
    }
    *out = (struct list){ items, count };
    return kept;
}

static enum err ref_decode(struct decoder *d, const struct field *field, const struct place *place,
                           const struct json_in *value, void *out)
{
    void *target;

    assert(field->spec != NULL);
    target = arena_calloc(d->ctx->arena, 1, field->spec->size_bytes);
    if (target == NULL)
        return fail(d->ctx, ERR_NO_MEMORY);
    memcpy(out, &target, sizeof(target));
    return object_decode(d, field->spec, place, value, target);
}

static enum err value_decode(struct decoder *d, const struct field *field, const struct place *place,
                             const struct json_in *value, void *out)
{
    enum json_in_kind kind = json_in_kind(value);

    if (kind == JSON_NULL_KIND) {
        if (!(field->flags & FIELD_NULLABLE))
            return decoder_fault(d, place, "type_error.none.not_allowed", "must not be null");
        null_set(field, out);
        return ERR_OK;
    }
    switch (field->type) {
    case FIELD_INT:
        if (kind == JSON_INT_KIND)
            return decoder_int(d, field, place, json_in_integer(value), out);
        break;
    case FIELD_REAL:
        if (kind == JSON_INT_KIND || kind == JSON_REAL_KIND)
            return decoder_real(d, field, place, json_in_number(value), out);
        break;
    case FIELD_BOOL:
        if (kind == JSON_BOOL_KIND) {
            *(bool *)out = json_in_boolean(value);
            return ERR_OK;
        }
        break;
    case FIELD_LIST:
        if (kind == JSON_ARRAY_KIND)
            return list_decode(d, field, place, value, out);
        break;
    case FIELD_OBJECT: return object_decode(d, field->spec, place, value, out);
    case FIELD_REF: return ref_decode(d, field, place, value, out);
    default:
        if (kind == JSON_STRING_KIND)
            return decoder_text(d, field, place, json_in_string(value), out);
        break;
    }
    return kind_fault(d, field, place);
}

static const struct field *field_find(const struct spec *spec, const char *name)
{
    for (size_t i = 0; i < spec->field_count; i++) {
        const struct field *field = &spec->fields[i];
        const struct field *found = field;

        if (field->type == FIELD_INLINE)
            found = field_find(field->spec, name);
        else if (strcmp(field->name, name) != 0)
            found = NULL;
        if (found != NULL)
            return found;
    }
    return NULL;
}

struct unknown_search {
    struct decoder *d;
    const struct spec *spec;
    const struct place *place;
    bool found;
};

/* A name is shown back only where it looks like one. */
static bool name_is_showable(const char *name)
{
    size_t len = strlen(name);

    for (size_t i = 0; i < len; i++)
        if (!isalnum((unsigned char)name[i]) && name[i] != '_' && name[i] != '-')
            return false;
    return len > 0 && len <= NAME_SHOWN_MAX;
}

static bool unknown_note(const char *name, const struct json_in *value, void *arg)
{
    struct unknown_search *search = arg;
    const struct place here = { .up = search->place, .name = name_is_showable(name) ? name : "?" };

    (void)value;
    if (field_find(search->spec, name) != NULL)
        return true;
    search->found = true;
    (void)decoder_fault(search->d, &here, "value_error.extra", "is not a field that is known here");
    return true;
}

static enum err unknown_refuse(struct decoder *d, const struct spec *spec, const struct place *place,
                               const struct json_in *value)
{
    struct unknown_search search = { .d = d, .spec = spec, .place = place };

    json_in_each_member(value, unknown_note, &search);
    return search.found ? ERR_INVALID : ERR_OK;
}

/* Adds to *known_count how many of the object's members have a row. */
static enum err members_decode(struct decoder *d, const struct spec *spec, const struct place *place,
                               const struct json_in *value, void *out, size_t *known_count)
{
    struct body *body = out;
    enum err kept = ERR_OK;

    for (size_t i = 0; i < spec->field_count; i++) {
        const struct field *field = &spec->fields[i];
        const struct place here = { .up = place, .name = field->name };
        const struct json_in *member = field->type != FIELD_INLINE ? json_in_member(value, field->name) : NULL;
        void *at = (char *)out + field->offset;
        enum err e = ERR_OK;

        if (field->type == FIELD_INLINE) {
            e = members_decode(d, field->spec, place, value, at, known_count);
        } else if (member != NULL) {
            ++*known_count;
            body->sent |= UINT64_C(1) << i;
            e = value_decode(d, field, &here, member, at);
        } else if (field->flags & FIELD_REQUIRED) {
            e = decoder_fault(d, &here, "value_error.missing", "is required");
        }
        if (!note(e, &kept))
            return kept;
    }
    return kept;
}

static enum err object_decode(struct decoder *d, const struct spec *spec, const struct place *place,
                              const struct json_in *value, void *out)
{
    size_t known_count = 0;
    enum err kept;

    assert(spec != NULL);
    memset(out, 0, spec->size_bytes);
    if (json_in_kind(value) != JSON_OBJECT_KIND)
        return decoder_fault(d, place, "type_error.dict", "must be an object");
    kept = members_decode(d, spec, place, value, out, &known_count);
    if (kept == ERR_NO_MEMORY)
        return kept;
    if (d->use != SPEC_OPEN_BODY && known_count < json_in_count(value))
        (void)note(unknown_refuse(d, spec, place, value), &kept);
    return kept;
}

enum err spec_decode(struct ctx *ctx, const struct spec *spec, enum spec_use use, const struct json_in *value,
                     void *ret_struct)
{
    struct decoder d = { .ctx = ctx, .where = "body", .use = use };
    const struct place root = { .up = NULL };

    return object_decode(&d, spec, &root, value, ret_struct);
}

static enum err query_real(struct decoder *d, const struct field *field, const struct place *place, struct str text,
                           void *out)
{
    char *end = NULL;
    double value;

    if (text.len == 0 || isspace((unsigned char)text.ptr[0]))
        return kind_fault(d, field, place);
    value = strtod(text.ptr, &end);
    if (end != text.ptr + text.len || !isfinite(value))
        return kind_fault(d, field, place);
    return decoder_real(d, field, place, value, out);
}

static enum err query_value(struct decoder *d, const struct field *field, const struct place *place, struct str text,
                            void *out)
{
    int64_t number = 0;

    switch (field->type) {
    case FIELD_INT:
        if (str_to_int64(text, &number) != ERR_OK)
            return kind_fault(d, field, place);
        return decoder_int(d, field, place, number, out);
    case FIELD_REAL: return query_real(d, field, place, text, out);
    case FIELD_BOOL:
        *(bool *)out = str_eq_c(text, "true") || str_eq_c(text, "1");
        if (!*(bool *)out && !str_eq_c(text, "false") && !str_eq_c(text, "0"))
            return kind_fault(d, field, place);
        return ERR_OK;
    default: return decoder_text(d, field, place, text, out);
    }
}

/* The one pair of that name; *ret_count says how many there are. */
static const struct http_pair *pair_find(const char *name, const struct http_pair *pairs, size_t count,
                                         size_t *ret_count)
{
    const struct http_pair *found = NULL;

    *ret_count = 0;
    for (size_t i = 0; i < count; i++)
        if (str_eq_c(pairs[i].name, name)) {
            found = &pairs[i];
            ++*ret_count;
        }
    return found;
}

enum err spec_decode_query(struct ctx *ctx, const struct spec *spec, const struct http_pair *pairs, size_t count,
                           void *ret_struct)
{
    struct decoder d = { .ctx = ctx, .where = "query", .use = SPEC_QUERY };
    struct body *body = ret_struct;
    enum err kept = ERR_OK;

    memset(ret_struct, 0, spec->size_bytes);
    for (size_t i = 0; i < spec->field_count; i++) {
        const struct field *field = &spec->fields[i];
        const struct place here = { .name = field->name };
        size_t times = 0;
        const struct http_pair *pair = pair_find(field->name, pairs, count, &times);
        enum err e = ERR_OK;

        if (times > 1) {
            e = decoder_fault(&d, &here, "value_error.repeated", "must be sent only once");
        } else if (pair != NULL) {
            body->sent |= UINT64_C(1) << i;
            e = query_value(&d, field, &here, pair->value, (char *)ret_struct + field->offset);
        } else if (field->flags & FIELD_REQUIRED) {
            e = decoder_fault(&d, &here, "value_error.missing", "is required");
        }
        if (!note(e, &kept))
            return kept;
    }
    return kept;
}

static bool is_known(const struct spec *spec, const char *name)
{
    return spec != NULL && field_find(spec, name) != NULL;
}

enum err spec_check_query(struct ctx *ctx, const struct spec *one, const struct spec *other,
                          const struct http_pair *pairs, size_t count)
{
    struct decoder d = { .ctx = ctx, .where = "query", .use = SPEC_QUERY };
    enum err kept = ERR_OK;

    for (size_t i = 0; i < count; i++) {
        const char *name = arena_cstr(ctx->arena, pairs[i].name);
        const struct place here = { .name = name != NULL && name_is_showable(name) ? name : "?" };

        if (name == NULL)
            return fail(ctx, ERR_NO_MEMORY);
        if (!is_known(one, name) && !is_known(other, name))
            (void)note(decoder_fault(&d, &here, "value_error.extra", "is not a parameter that is known here"), &kept);
    }
    return kept;
}
