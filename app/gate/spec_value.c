/* One value against its row: bounds and forms, the same for bodies and queries. */
#include <inttypes.h>
#include <stdarg.h>

#include "parley/core/clock.h"
#include "parley/core/mail_address.h"
#include "parley/core/text.h"
#include "spec_private.h"

enum { PLACE_MAX = 200, MESSAGE_MAX = 200 };

static void place_write(const struct place *place, struct buf *out)
{
    if (place->up != NULL) {
        place_write(place->up, out);
        if (out->len > 0)
            buf_add_byte(out, '.');
    }
    if (place->name != NULL)
        buf_add_c(out, place->name);
    else if (place->up != NULL)
        buf_add_int(out, (int64_t)place->index);
}

static const char *place_text(struct arena *a, const struct place *place)
{
    struct buf text;
    const char *copy;

    buf_init(&text, PLACE_MAX);
    place_write(place, &text);
    copy = arena_cstr(a, buf_str(&text));
    buf_release(&text);
    return copy != NULL ? copy : "";
}

enum err decoder_fault(struct decoder *d, const struct place *place, const char *type, const char *format, ...)
{
    struct fault fault = { .where = d->where, .field = "", .type = type, .message = "is not valid" };

    /* Those beyond are only counted. */
    if (d->ctx->problem->fault_count < PROBLEM_FAULTS_MAX) {
        char message[MESSAGE_MAX];
        va_list args;
        char *copy;

        va_start(args, format);
        vsnprintf(message, sizeof(message), format, args);
        va_end(args);
        copy = arena_cstr(d->ctx->arena, str_from(message));
        if (copy != NULL)
            fault.message = copy;
        fault.field = place_text(d->ctx->arena, place);
    }
    return problem_add(d->ctx->problem, fault);
}

enum err decoder_int(struct decoder *d, const struct field *field, const struct place *place, int64_t value, void *out)
{
    if (field_has_min(field) && value < field->min)
        return decoder_fault(d, place, "value_error.number.not_ge", "must be at least %" PRId64, field->min);
    if (field_has_max(field) && value > field->max)
        return decoder_fault(d, place, "value_error.number.not_le", "must be at most %" PRId64, field->max);
    *(int64_t *)out = value;
    return ERR_OK;
}

enum err decoder_real(struct decoder *d, const struct field *field, const struct place *place, double value, void *out)
{
    if (field_has_min(field) && value < (double)field->min)
        return decoder_fault(d, place, "value_error.number.not_ge", "must be at least %" PRId64, field->min);
    if (field_has_max(field) && value > (double)field->max)
        return decoder_fault(d, place, "value_error.number.not_le", "must be at most %" PRId64, field->max);
    *(double *)out = value;
    return ERR_OK;
}

static enum err length_check(struct decoder *d, const struct field *field, const struct place *place, struct str text)
{
    const char *unit = field->type == FIELD_PASSWORD ? "bytes" : "characters";
    size_t len;

    /* A password is handed on as it was typed, and measured as it will be hashed (parley/auth/password.h). */
    if (field->type == FIELD_PASSWORD && text_compose(d->ctx->arena, text, &text) == ERR_NO_MEMORY)
        return fail(d->ctx, ERR_NO_MEMORY);
    len = field->type == FIELD_PASSWORD ? text.len : str_code_points(text);
    if (field_has_min(field) && (int64_t)len < field->min)
        return decoder_fault(d, place, "value_error.any_str.min_length", "must have at least %" PRId64 " %s",
                             field->min, unit);
    if (field_has_max(field) && (int64_t)len > field->max)
        return decoder_fault(d, place, "value_error.any_str.max_length", "must have at most %" PRId64 " %s", field->max,
                             unit);
    return ERR_OK;
}

static enum err email_decode(struct decoder *d, const struct place *place, struct str text, struct str *out)
{
    enum err e = mail_address_key(d->ctx->arena, text_trim(text), out);

    if (e == ERR_INVALID)
        return decoder_fault(d, place, "value_error.email", "is not an e-mail address");
    return e == ERR_OK ? ERR_OK : fail(d->ctx, e);
}

static enum err enum_decode(struct decoder *d, const struct field *field, const struct place *place, struct str text,
                            int *out)
{
    struct buf names;
    enum err e;

    for (int i = 0; field->names[i] != NULL; i++)
        if (str_eq_c(text, field->names[i])) {
            *out = i + (int)field->min;
            return ERR_OK;
        }
    buf_init(&names, MESSAGE_MAX);
    for (int i = 0; field->names[i] != NULL; i++)
        buf_addf(&names, "%s%s", i > 0 ? ", " : "", field->names[i]);
    e = decoder_fault(d, place, "type_error.enum", "must be one of: %s", names.ptr);
    buf_release(&names);
    return e;
}

static enum err line_decode(struct decoder *d, const struct place *place, struct str *text)
{
    bool was_empty = text->len == 0;

    *text = text_trim(*text);
    if (was_empty)
        return ERR_OK;
    if (!text_is_line(*text))
        return decoder_fault(d, place, "value_error.line", "must be one line without control characters");
    if (text_turns_direction(*text))
        return decoder_fault(d, place, "value_error.line", "must not turn the direction of writing");
    if (!text_shows(*text))
        return decoder_fault(d, place, "value_error.blank", "shows nothing");
    return ERR_OK;
}

/* In a query a plus that nobody encoded is a blank; before hh:mm at a time's end it can only have been a plus. */
static enum err plus_restore(struct decoder *d, struct str *text)
{
    enum { OFFSET_CHARS = 6 };
    char *copy;

    if (text->len < OFFSET_CHARS || text->ptr[text->len - OFFSET_CHARS] != ' ')
        return ERR_OK;
    copy = arena_cstr(d->ctx->arena, *text);
    if (copy == NULL)
        return fail(d->ctx, ERR_NO_MEMORY);
    copy[text->len - OFFSET_CHARS] = '+';
    text->ptr = copy;
    return ERR_OK;
}

enum err decoder_text(struct decoder *d, const struct field *field, const struct place *place, struct str text,
                      void *out)
{
    switch (field->type) {
    case FIELD_UUID:
        if (uuid_parse(text, out) != ERR_OK)
            return decoder_fault(d, place, "type_error.uuid", "is not a UUID");
        return ERR_OK;
    case FIELD_TIME:
        if (d->use == SPEC_QUERY)
            TRY(plus_restore(d, &text));
        if (clock_parse(text, out) != ERR_OK)
            return decoder_fault(d, place, "value_error.datetime", "is not an RFC 3339 date and time");
        if (*(int64_t *)out == 0)
            *(int64_t *)out = 1; /* the one instant that would mean null: a key that expired then would never do */
        return ERR_OK;
    case FIELD_ENUM: return enum_decode(d, field, place, text, out);
    case FIELD_EMAIL: return email_decode(d, place, text, out);
    default: break;
    }
    if (field->flags & FIELD_LINE)
        TRY(line_decode(d, place, &text));
    if ((field->flags & FIELD_CODE) && text_compact(d->ctx->arena, text, &text) != ERR_OK)
        return fail(d->ctx, ERR_NO_MEMORY);
    TRY(length_check(d, field, place, text));
    *(struct str *)out = text;
    return ERR_OK;
}
