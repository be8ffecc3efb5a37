#include "parley/core/json_out.h"

#include <math.h>

#include "parley/core/clock.h"

void json_out_init(struct json_out *j, struct buf *buf)
{
    *j = (struct json_out){ .buf = buf };
}

/*
 * Room for a value of at most so many bytes, behind the comma where one is due; NULL: the buffer has failed. What was
 * written ends with value_end.
 */
static char *value_begin(struct json_out *j, size_t max_bytes)
{
    char *at = buf_room(j->buf, max_bytes + 1);

    if (at != NULL && j->comma)
        *at++ = ',';
    j->comma = true;
    return at;
}

static void value_end(struct json_out *j, const char *end)
{
    buf_grown(j->buf, (size_t)(end - j->buf->ptr) - j->buf->len);
}

static char *put(char *at, const char *bytes, size_t len)
{
    memcpy(at, bytes, len);
    return at + len;
}

/* A value whose bytes are known; or none yet, only the comma. */
static void value_add(struct json_out *j, struct str bytes)
{
    char *at = value_begin(j, bytes.len);

    if (at != NULL)
        value_end(j, put(at, bytes.ptr, bytes.len));
}

static void open_with(struct json_out *j, struct str bracket)
{
    value_add(j, bracket);
    j->comma = false;
}

static void close_with(struct json_out *j, char bracket)
{
    buf_add_byte(j->buf, bracket);
    j->comma = true;
}

void json_out_object(struct json_out *j)
{
    open_with(j, STR("{"));
}

void json_out_object_end(struct json_out *j)
{
    close_with(j, '}');
}

void json_out_array(struct json_out *j)
{
    open_with(j, STR("["));
}

void json_out_array_end(struct json_out *j)
{
    close_with(j, ']');
}

void json_out_key(struct json_out *j, const char *name)
{
    size_t len = strlen(name);
    char *at = value_begin(j, len + 3);

    j->comma = false;
    if (at == NULL)
        return;
    *at++ = '"';
    at = put(at, name, len);
    value_end(j, put(at, "\":", 2));
}

/* 0xE2 may begin U+2028 or U+2029, which old JavaScript stumbles over. */
static bool is_special(unsigned char c)
{
    return c < 0x20 || c == '"' || c == '\\' || c == 0xE2;
}

/*
 * Whether one of eight bytes is special. (x - 1) & ~x has the upper bit of a byte set where x is 0, and of a byte above
 * it at times: that is seen when the bytes are looked at one by one.
 */
static bool any_is_special(uint64_t bytes)
{
    const uint64_t ones = 0x0101010101010101U, highs = 0x8080808080808080U;
    uint64_t quote = bytes ^ ones * '"', backslash = bytes ^ ones * '\\', separator = bytes ^ ones * 0xE2;
    uint64_t found = (bytes - ones * 0x20) & ~bytes;

    found |= (quote - ones) & ~quote;
    found |= (backslash - ones) & ~backslash;
    found |= (separator - ones) & ~separator;
    return (found & highs) != 0;
}

/* How many bytes at the front need no escaping. Eight at a time: a quarter of the time of one by one. */
static size_t plain_run(struct str s)
{
    size_t i = 0;
    uint64_t bytes;

    for (; i + sizeof(bytes) <= s.len; i += sizeof(bytes)) {
        memcpy(&bytes, s.ptr + i, sizeof(bytes));
        if (any_is_special(bytes))
            break;
    }
    while (i < s.len && !is_special((unsigned char)s.ptr[i]))
        i++;
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
        buf_add_bytes(out, (unsigned char)s.ptr[2] == 0xA8 ? "\\u2028" : "\\u2029", 6);
        return 3;
    }
    switch (c) {
    case '"': buf_add_bytes(out, "\\\"", 2); break;
    case '\\': buf_add_bytes(out, "\\\\", 2); break;
    case '\n': buf_add_bytes(out, "\\n", 2); break;
    case '\r': buf_add_bytes(out, "\\r", 2); break;
    case '\t': buf_add_bytes(out, "\\t", 2); break;
    default: buf_addf(out, "\\u%04x", c);
    }
    return 1;
}

/* The rest of a text from its first special byte on, and the quote behind it. */
static void escaped_add(struct json_out *j, struct str s)
{
    while (s.len > 0) {
        size_t run;
        s = str_tail(s, add_special(j->buf, s));
        run = plain_run(s);
        buf_add_bytes(j->buf, s.ptr, run);
        s = str_tail(s, run);
    }
    buf_add_byte(j->buf, '"');
}

void json_out_str(struct json_out *j, struct str s)
{
    size_t run;
    char *at;

    if (s.ptr == NULL) {
        json_out_null(j);
        return;
    }
    at = value_begin(j, s.len + 2);
    if (at == NULL)
        return;
    run = plain_run(s);
    *at++ = '"';
    at = put(at, s.ptr, run);
    if (run == s.len)
        *at++ = '"';
    value_end(j, at);
    if (run < s.len)
        escaped_add(j, str_tail(s, run));
}

void json_out_c(struct json_out *j, const char *text)
{
    json_out_str(j, str_from(text));
}

void json_out_int(struct json_out *j, int64_t number)
{
    value_add(j, STR(""));
    buf_add_int(j->buf, number);
}

void json_out_real(struct json_out *j, double number)
{
    if (!isfinite(number)) {
        json_out_null(j);
        return;
    }
    value_add(j, STR(""));
    buf_addf(j->buf, "%.15g", number);
}

void json_out_raw(struct json_out *j, struct str json)
{
    value_add(j, json);
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
    char *at = value_begin(j, UUID_TEXT_LEN + 2);

    if (at == NULL)
        return;
    *at++ = '"';
    uuid_format(id, at);
    at += UUID_TEXT_LEN;
    *at++ = '"';
    value_end(j, at);
}

void json_out_time(struct json_out *j, int64_t time_us)
{
    char *at;

    if (time_us == 0) {
        json_out_null(j);
        return;
    }
    at = value_begin(j, CLOCK_TEXT_BYTES + 2);
    if (at == NULL)
        return;
    *at++ = '"';
    clock_format(time_us, at);
    at += strlen(at);
    *at++ = '"';
    value_end(j, at);
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
