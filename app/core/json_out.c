#include "parley/core/json_out.h"

#include <math.h>

#include "parley/core/clock.h"

void json_out_init(struct json_out *j, struct buf *buf)
{
    *j = (struct json_out){ .buf = buf };
}

static void before_value(struct json_out *j)
{
    if (j->comma)
        buf_add_byte(j->buf, ',');
    j->comma = true;
}

static void open_with(struct json_out *j, char bracket)
{
    before_value(j);
    buf_add_byte(j->buf, bracket);
    j->comma = false;
}

static void close_with(struct json_out *j, char bracket)
{
    buf_add_byte(j->buf, bracket);
    j->comma = true;
}

void json_out_object(struct json_out *j)
{
    open_with(j, '{');
}

void json_out_object_end(struct json_out *j)
{
    close_with(j, '}');
}

void json_out_array(struct json_out *j)
{
    open_with(j, '[');
}

void json_out_array_end(struct json_out *j)
{
    close_with(j, ']');
}

void json_out_key(struct json_out *j, const char *name)
{
    before_value(j);
    buf_add_byte(j->buf, '"');
    buf_add_c(j->buf, name);
    buf_add_bytes(j->buf, "\":", 2);
    j->comma = false;
}

/* How many bytes at the front need no escaping. 0xE2 may begin U+2028 or U+2029, which old JavaScript stumbles over. */
static size_t plain_run(struct str s)
{
    size_t i = 0;
    while (i < s.len) {
        unsigned char c = (unsigned char)s.ptr[i];
        if (c < 0x20 || c == '"' || c == '\\' || c == 0xE2)
            break;
        i++;
    }
    return i;
}

/* Writes the character at the front, escaped where it must be; returns how many bytes it was. */
static size_t add_special(struct buf *out, struct str s)
{
    unsigned char c = (unsigned char)s.ptr[0];
    if (c == 0xE2) {
        bool separator = s.len >= 3 && (unsigned char)s.ptr[1] == 0x80 && ((unsigned char)s.ptr[2] & 0xFEU) == 0xA8;
        if (!separator) {
            buf_add_byte(out, s.ptr[0]);
            return 1;
        }
        buf_add_c(out, (unsigned char)s.ptr[2] == 0xA8 ? "\\u2028" : "\\u2029");
        return 3;
    }
    switch (c) {
    case '"': buf_add_c(out, "\\\""); break;
    case '\\': buf_add_c(out, "\\\\"); break;
    case '\n': buf_add_c(out, "\\n"); break;
    case '\r': buf_add_c(out, "\\r"); break;
    case '\t': buf_add_c(out, "\\t"); break;
    default: buf_addf(out, "\\u%04x", c);
    }
    return 1;
}

void json_out_str(struct json_out *j, struct str s)
{
    if (!s.ptr) {
        json_out_null(j);
        return;
    }
    before_value(j);
    buf_add_byte(j->buf, '"');
    while (s.len > 0) {
        size_t run = plain_run(s);
        buf_add_bytes(j->buf, s.ptr, run);
        s = str_tail(s, run);
        if (s.len > 0)
            s = str_tail(s, add_special(j->buf, s));
    }
    buf_add_byte(j->buf, '"');
}

void json_out_c(struct json_out *j, const char *text)
{
    json_out_str(j, str_from(text));
}

void json_out_int(struct json_out *j, int64_t number)
{
    before_value(j);
    buf_add_int(j->buf, number);
}

void json_out_real(struct json_out *j, double number)
{
    if (!isfinite(number)) {
        json_out_null(j);
        return;
    }
    before_value(j);
    buf_addf(j->buf, "%.15g", number);
}

void json_out_raw(struct json_out *j, struct str json)
{
    before_value(j);
    buf_add(j->buf, json);
}

void json_out_bool(struct json_out *j, bool value)
{
    json_out_raw(j, value ? STR("true") : STR("false"));
}

void json_out_null(struct json_out *j)
{
    json_out_raw(j, STR("null"));
}

void json_out_uuid(struct json_out *j, const struct uuid *id)
{
    char text[UUID_TEXT_BYTES];
    uuid_format(id, text);
    json_out_str(j, (struct str){ text, UUID_TEXT_LEN });
}

void json_out_time(struct json_out *j, int64_t time_us)
{
    char text[CLOCK_TEXT_BYTES];
    if (time_us == 0) {
        json_out_null(j);
        return;
    }
    clock_format(time_us, text);
    json_out_c(j, text);
}

void json_out_kv_str(struct json_out *j, const char *name, struct str s)
{
    json_out_key(j, name);
    json_out_str(j, s);
}

void json_out_kv_c(struct json_out *j, const char *name, const char *text)
{
    json_out_key(j, name);
    json_out_c(j, text);
}

void json_out_kv_int(struct json_out *j, const char *name, int64_t number)
{
    json_out_key(j, name);
    json_out_int(j, number);
}

void json_out_kv_bool(struct json_out *j, const char *name, bool value)
{
    json_out_key(j, name);
    json_out_bool(j, value);
}

void json_out_kv_uuid(struct json_out *j, const char *name, const struct uuid *id)
{
    json_out_key(j, name);
    json_out_uuid(j, id);
}

void json_out_kv_time(struct json_out *j, const char *name, int64_t time_us)
{
    json_out_key(j, name);
    json_out_time(j, time_us);
}

void json_out_kv_null(struct json_out *j, const char *name)
{
    json_out_key(j, name);
    json_out_null(j);
}
