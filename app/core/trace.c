#include "parley/core/trace.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "parley/core/rand.h"

enum {
    VERSION_0_CHARS = 55, /* "00-<32>-<16>-<2>" */
    STATE_MEMBERS_MAX = 32,
    FLAGS_KNOWN = 0x03, /* others are to be 0 in what a version 00 sends */
    VERSION_NONE = 0xff,
};

static _Thread_local struct {
    bool is_set;
    struct trace trace;
} current;

void trace_begin(const struct trace *trace)
{
    current.is_set = trace != NULL;
    if (trace != NULL)
        current.trace = *trace;
}

const struct trace *trace_current(void)
{
    return current.is_set ? &current.trace : NULL;
}

/* ---- reading ---- */

/* Lower case only (§3.2). */
static bool hex_read(struct str *rest, uint8_t *ret_bytes, size_t len)
{
    for (size_t i = 0; i < 2 * len; i++) {
        char c = i < rest->len ? rest->ptr[i] : '\0';

        if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f')))
            return false;
        ret_bytes[i / 2] = (uint8_t)(ret_bytes[i / 2] << 4 | str_hex_digit(c));
    }
    *rest = str_tail(*rest, 2 * len);
    return true;
}

static bool dash_read(struct str *rest)
{
    bool is_dash = rest->len > 0 && rest->ptr[0] == '-';

    *rest = str_tail(*rest, is_dash ? 1 : 0);
    return is_dash;
}

static bool is_zero(const uint8_t *bytes, size_t len)
{
    uint8_t all = 0;

    for (size_t i = 0; i < len; i++)
        all |= bytes[i];
    return all == 0;
}

/* A later version may have more behind a further dash. */
static bool parent_read(struct str text, struct trace *ret_trace)
{
    uint8_t version = 0, parent[TRACE_SPAN_BYTES] = { 0 }, flags = 0;
    struct str rest = text;

    if (!hex_read(&rest, &version, 1) || version == VERSION_NONE || !dash_read(&rest) ||
        !hex_read(&rest, ret_trace->id, sizeof(ret_trace->id)) || !dash_read(&rest) ||
        !hex_read(&rest, parent, sizeof(parent)) || !dash_read(&rest) || !hex_read(&rest, &flags, 1))
        return false;
    ret_trace->flags = flags & FLAGS_KNOWN;
    return (text.len == VERSION_0_CHARS || (version > 0 && rest.ptr[0] == '-')) &&
           !is_zero(ret_trace->id, sizeof(ret_trace->id)) && !is_zero(parent, sizeof(parent));
}

static bool is_printable(struct str text)
{
    for (size_t i = 0; i < text.len; i++)
        if ((unsigned char)text.ptr[i] < 0x20 || (unsigned char)text.ptr[i] > 0x7e)
            return false;
    return true;
}

/* A list of key=value; what they mean is others' business. */
static bool is_state(struct str text)
{
    struct str rest = text, member;
    size_t count = 0;

    if (text.len == 0 || text.len > TRACE_STATE_MAX_BYTES || !is_printable(text))
        return false;
    while (str_split(&rest, ',', &member)) {
        struct str name = str_trim(member);
        size_t equals = str_index(name, '=');

        if (name.len > 0 && (equals == SIZE_MAX || equals == 0 || ++count > STATE_MEMBERS_MAX))
            return false;
    }
    return count > 0;
}

static void span_make(uint8_t ret_span[TRACE_SPAN_BYTES])
{
    do
        rand_bytes(ret_span, TRACE_SPAN_BYTES);
    while (is_zero(ret_span, TRACE_SPAN_BYTES));
}

enum err trace_read(struct str parent, struct str state, struct trace *ret_trace)
{
    struct trace trace = { .flags = 0 };
    struct str list = str_trim(state);

    if (!parent_read(str_trim(parent), &trace))
        return ERR_INVALID;
    if (is_state(list))
        memcpy(trace.state, list.ptr, list.len);
    span_make(trace.span);
    *ret_trace = trace;
    return ERR_OK;
}

/* ---- writing ---- */

static void hex_write(const uint8_t *bytes, size_t len, char *ret_text)
{
    static const char digits[] = "0123456789abcdef";

    for (size_t i = 0; i < len; i++) {
        ret_text[2 * i] = digits[bytes[i] >> 4];
        ret_text[2 * i + 1] = digits[bytes[i] & 0x0f];
    }
    ret_text[2 * len] = '\0';
}

void trace_write_ids(const struct trace *trace, char ret_id[TRACE_ID_TEXT_BYTES], char ret_span[TRACE_SPAN_TEXT_BYTES])
{
    hex_write(trace->id, sizeof(trace->id), ret_id);
    hex_write(trace->span, sizeof(trace->span), ret_span);
}

void trace_write(const struct trace *trace, char ret_text[TRACE_PARENT_TEXT_BYTES])
{
    char id[TRACE_ID_TEXT_BYTES], span[TRACE_SPAN_TEXT_BYTES];

    trace_write_ids(trace, id, span);
    (void)snprintf(ret_text, TRACE_PARENT_TEXT_BYTES, "00-%s-%s-%02x", id, span, (unsigned)trace->flags);
}

void trace_headers(const struct trace *trace, struct trace_headers *ret_headers)
{
    char parent[TRACE_PARENT_TEXT_BYTES];
    struct trace child;

    ret_headers->parent[0] = ret_headers->state[0] = '\0';
    if (trace == NULL)
        return;
    child = *trace;
    span_make(child.span);
    trace_write(&child, parent);
    (void)snprintf(ret_headers->parent, sizeof(ret_headers->parent), "traceparent: %s", parent);
    if (child.state[0] != '\0')
        (void)snprintf(ret_headers->state, sizeof(ret_headers->state), "tracestate: %s", child.state);
}
