#include "parley/core/str.h"

#include <unistr.h>

struct str str_from(const char *text)
{
    return text ? (struct str){ text, strlen(text) } : (struct str){ NULL, 0 };
}

bool str_eq(struct str a, struct str b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.ptr, b.ptr, a.len) == 0);
}

bool str_eq_c(struct str a, const char *b)
{
    return str_eq(a, str_from(b));
}

static int ascii_lower(char c)
{
    return c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c;
}

bool str_eq_nocase(struct str a, struct str b)
{
    if (a.len != b.len)
        return false;
    for (size_t i = 0; i < a.len; i++)
        if (ascii_lower(a.ptr[i]) != ascii_lower(b.ptr[i]))
            return false;
    return true;
}

bool str_starts_with(struct str s, struct str prefix)
{
    return s.len >= prefix.len && str_eq(str_head(s, prefix.len), prefix);
}

bool str_ends_with(struct str s, struct str suffix)
{
    return s.len >= suffix.len && str_eq(str_tail(s, s.len - suffix.len), suffix);
}

size_t str_index(struct str s, char c)
{
    const char *found = s.len > 0 ? memchr(s.ptr, c, s.len) : NULL;
    return found ? (size_t)(found - s.ptr) : SIZE_MAX;
}

struct str str_head(struct str s, size_t len)
{
    return (struct str){ s.ptr, len < s.len ? len : s.len };
}

struct str str_tail(struct str s, size_t from)
{
    if (!s.ptr)
        return s;
    if (from > s.len)
        from = s.len;
    return (struct str){ s.ptr + from, s.len - from };
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

struct str str_cut(struct str *s, char c)
{
    size_t at = str_index(*s, c);
    struct str behind;

    if (at == SIZE_MAX)
        return (struct str){ NULL, 0 };
    behind = str_tail(*s, at + 1);
    *s = str_head(*s, at);
    return behind;
}

struct str str_trim(struct str s)
{
    while (s.len > 0 && is_blank(s.ptr[0]))
        s = str_tail(s, 1);
    while (s.len > 0 && is_blank(s.ptr[s.len - 1]))
        s.len--;
    return s;
}

bool str_split(struct str *rest, char separator, struct str *ret_piece)
{
    size_t at;
    if (!rest->ptr)
        return false;
    at = str_index(*rest, separator);
    if (at == SIZE_MAX) {
        *ret_piece = *rest;
        *rest = (struct str){ NULL, 0 };
        return true;
    }
    *ret_piece = str_head(*rest, at);
    *rest = str_tail(*rest, at + 1);
    return true;
}

enum err str_to_int64(struct str s, int64_t *ret_number)
{
    bool negative = s.len > 0 && s.ptr[0] == '-';
    struct str digits = negative ? str_tail(s, 1) : s;
    int64_t number = 0;
    if (digits.len == 0)
        return ERR_INVALID;
    for (size_t i = 0; i < digits.len; i++) {
        int digit;
        if (digits.ptr[i] < '0' || digits.ptr[i] > '9')
            return ERR_INVALID;
        digit = digits.ptr[i] - '0';
        /* Built up below zero, where INT64_MIN has room. */
        if (__builtin_mul_overflow(number, INT64_C(10), &number) || __builtin_sub_overflow(number, digit, &number))
            return ERR_INVALID;
    }
    if (!negative && number == INT64_MIN)
        return ERR_INVALID;
    *ret_number = negative ? number : -number;
    return ERR_OK;
}

int str_hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

bool str_is_utf8(struct str s)
{
    return s.len == 0 || u8_check((const uint8_t *)s.ptr, s.len) == NULL;
}

size_t str_code_points(struct str s)
{
    size_t count = 0;
    for (size_t i = 0; i < s.len; i++)
        count += ((unsigned char)s.ptr[i] & 0xC0U) != 0x80U;
    return count;
}

struct str str_head_code_points(struct str s, size_t count)
{
    size_t seen = 0;
    for (size_t i = 0; i < s.len; i++) {
        seen += ((unsigned char)s.ptr[i] & 0xC0U) != 0x80U;
        if (seen > count)
            return str_head(s, i);
    }
    return s;
}

bool str_has_control(struct str s)
{
    for (size_t i = 0; i < s.len; i++)
        if ((unsigned char)s.ptr[i] < 0x20 || s.ptr[i] == 0x7F)
            return true;
    return false;
}
