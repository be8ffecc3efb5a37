#include "parley/core/percent.h"

/* The byte that the two digits behind a % stand for, or -1. */
static int decoded_byte(struct str digits)
{
    int high, low;

    if (digits.len < 2)
        return -1;
    high = str_hex_digit(digits.ptr[0]);
    low = str_hex_digit(digits.ptr[1]);
    return high < 0 || low < 0 ? -1 : high * 16 + low;
}

enum err percent_decode(struct arena *a, struct str s, enum plus plus, const char **ret_text)
{
    char *text = arena_alloc(a, s.len + 1);
    size_t len = 0;

    if (text == NULL)
        return ERR_NO_MEMORY;
    for (size_t i = 0; i < s.len; i++) {
        int c = (unsigned char)s.ptr[i];

        if (c == '%') {
            c = decoded_byte(str_tail(s, i + 1));
            i += 2;
        } else if (c == '+' && plus == PLUS_BLANK) {
            c = ' ';
        }
        if (c <= 0)
            return ERR_INVALID;
        text[len++] = (char)c;
    }
    text[len] = '\0';
    *ret_text = text;
    return ERR_OK;
}
