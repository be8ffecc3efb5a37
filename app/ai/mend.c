#include "mend.h"

#include <stdint.h>

/* Noncharacters U+FDD0 + n, n < 32, as UTF-8: the last byte carries n. */
enum { MARK_BYTES = 9, MARK_1 = 0xEF, MARK_2 = 0xB7, MARK_3 = 0x90, MARK_COUNT = 32, MARK_HIGH = 0, MARK_LOW = 1 };
enum { HIGH_FIRST = 0xD800, LOW_FIRST = 0xDC00, LOW_LAST = 0xDFFF, HALVES = 0x400, ESCAPE_BYTES = 6 };

static const struct str REPLACEMENT = STR_INIT("\xEF\xBF\xBD");

/* ---- JSON ---- */

struct mender {
    struct str in;
    size_t at;
    char *out;
    size_t len;
    bool in_string;
    size_t string_at; /* where the string began that `at` is in */
};

static void put(struct mender *m, const char *bytes, size_t len)
{
    memcpy(m->out + m->len, bytes, len);
    m->len += len;
}

/* Copies `len` bytes of the input, or passes them over and puts something in their place. */
static void copy(struct mender *m, size_t len)
{
    put(m, m->in.ptr + m->at, len);
    m->at += len;
}

static void replace(struct mender *m, size_t len)
{
    put(m, REPLACEMENT.ptr, REPLACEMENT.len);
    m->at += len;
}

static char mark_byte(unsigned n)
{
    return (char)(unsigned char)(MARK_3 + n);
}

static void replace_half(struct mender *m, unsigned lead, unsigned half)
{
    const char mark[MARK_BYTES] = { (char)MARK_1, (char)MARK_2, mark_byte(lead),
                                    (char)MARK_1, (char)MARK_2, mark_byte(half / MARK_COUNT),
                                    (char)MARK_1, (char)MARK_2, mark_byte(half % MARK_COUNT) };
    put(m, mark, sizeof(mark));
    m->at += ESCAPE_BYTES;
}

/* The code unit of \uXXXX at a place; -1: none stands there. */
static int escape_at(struct str in, size_t at)
{
    int unit = 0, digit;

    if (in.len < ESCAPE_BYTES || at > in.len - ESCAPE_BYTES || in.ptr[at] != '\\' || in.ptr[at + 1] != 'u')
        return -1;
    for (size_t i = at + 2; i < at + ESCAPE_BYTES; i++) {
        digit = str_hex_digit(in.ptr[i]);
        if (digit < 0)
            return -1;
        unit = unit * 16 + digit;
    }
    return unit;
}

static bool is_low(int unit)
{
    return unit >= LOW_FIRST && unit <= LOW_LAST;
}

static bool is_noncharacter(int unit)
{
    return unit >= 0xFDD0 && unit < 0xFDD0 + MARK_COUNT;
}

static void high_read(struct mender *m, int unit)
{
    size_t behind = m->at + ESCAPE_BYTES;

    if (is_low(escape_at(m->in, behind)))
        copy(m, 2 * (size_t)ESCAPE_BYTES);
    else if (behind < m->in.len && m->in.ptr[behind] == '"')
        replace_half(m, MARK_HIGH, (unsigned)(unit - HIGH_FIRST));
    else
        replace(m, ESCAPE_BYTES);
}

static void escape_read(struct mender *m)
{
    int unit = escape_at(m->in, m->at);

    if (unit >= HIGH_FIRST && unit < LOW_FIRST)
        high_read(m, unit);
    else if (is_low(unit) && m->at == m->string_at)
        replace_half(m, MARK_LOW, (unsigned)(unit - LOW_FIRST));
    else if (unit == 0 || is_low(unit) || is_noncharacter(unit))
        replace(m, ESCAPE_BYTES);
    else if (m->at + 1 < m->in.len && (unsigned char)m->in.ptr[m->at + 1] < 0x80)
        copy(m, 2);
    else
        copy(m, 1);
}

/* How long the character is whose first byte, not of ASCII, stands at a place; 0: none is whole there (RFC 3629). */
static size_t character_length(struct str in, size_t at)
{
    unsigned char first = (unsigned char)in.ptr[at];
    size_t len = first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;

    if (first < 0xC2 || first > 0xF4 || in.len - at < len)
        return 0;
    return str_is_utf8((struct str){ in.ptr + at, len }) ? len : 0;
}

static void character_read(struct mender *m)
{
    const unsigned char *p = (const unsigned char *)m->in.ptr + m->at;
    size_t len = character_length(m->in, m->at);

    if (len == 0)
        replace(m, 1);
    else if (p[0] == MARK_1 && p[1] == MARK_2 && p[2] >= MARK_3 && p[2] < MARK_3 + MARK_COUNT)
        replace(m, len);
    else
        copy(m, len);
}

static void step(struct mender *m)
{
    char c = m->in.ptr[m->at];

    if (c == '\\') {
        escape_read(m);
    } else if (c == '\0') {
        replace(m, 1);
    } else if ((unsigned char)c >= 0x80) {
        character_read(m);
    } else {
        copy(m, 1);
        if (c == '"') {
            m->in_string = !m->in_string;
            m->string_at = m->in_string ? m->at : 0;
        }
    }
}

static bool is_fit(struct str text)
{
    return memmem(text.ptr, text.len, "\\u", 2) == NULL && memmem(text.ptr, text.len, "\xEF\xB7", 2) == NULL &&
           memchr(text.ptr, '\0', text.len) == NULL && str_is_utf8(text);
}

enum err mend_json(struct arena *a, struct str text, struct str *ret_text)
{
    struct mender m = { .in = text };

    if (text.len == 0 || is_fit(text)) {
        *ret_text = text;
        return ERR_OK;
    }
    m.out = arena_calloc(a, text.len, 3);
    if (m.out == NULL)
        return ERR_NO_MEMORY;
    while (m.at < text.len)
        step(&m);
    *ret_text = (struct str){ m.out, m.len };
    return ERR_OK;
}

/* ---- texts ---- */

/* The half in a mark of this lead at a place of a text; -1: there is none. */
static int half_at(struct str text, size_t at, unsigned lead)
{
    const unsigned char *p = (const unsigned char *)text.ptr + at;

    if (text.len < MARK_BYTES || at > text.len - MARK_BYTES)
        return -1;
    if (p[0] != MARK_1 || p[1] != MARK_2 || p[2] != MARK_3 + lead)
        return -1;
    return (p[5] - MARK_3) * MARK_COUNT + p[8] - MARK_3;
}

/* high and low: their ten bits each. */
static void character_add(struct buf *out, unsigned high, unsigned low)
{
    unsigned c = 0x10000 + high * HALVES + low;
    const unsigned char bytes[] = { (unsigned char)(0xF0 | c >> 18), (unsigned char)(0x80 | (c >> 12 & 0x3F)),
                                    (unsigned char)(0x80 | (c >> 6 & 0x3F)), (unsigned char)(0x80 | (c & 0x3F)) };
    buf_add_bytes(out, bytes, sizeof(bytes));
}

/* *held is a surrogate's code unit, so that none is 0. */
void mend_join(struct buf *out, unsigned *held, struct str text)
{
    int half = half_at(text, 0, MARK_LOW);

    if (text.len == 0)
        return;
    if (half >= 0 && *held != 0)
        character_add(out, *held - HIGH_FIRST, (unsigned)half);
    else if (half >= 0 || *held != 0)
        buf_add(out, REPLACEMENT);
    *held = 0;
    if (half >= 0)
        text = str_tail(text, MARK_BYTES);
    half = text.len < MARK_BYTES ? -1 : half_at(text, text.len - MARK_BYTES, MARK_HIGH);
    if (half >= 0) {
        *held = HIGH_FIRST + (unsigned)half;
        text = str_head(text, text.len - MARK_BYTES);
    }
    buf_add(out, text);
}

void mend_finish(struct buf *out, unsigned *held)
{
    if (*held != 0)
        buf_add(out, REPLACEMENT);
    *held = 0;
}
