#include "parley/core/text.h"

#include <stdlib.h>
#include <unicase.h>
#include <unictype.h>
#include <uninorm.h>
#include <unistr.h>

/* Takes the next code point off the front; a byte that is none counts as U+FFFD. */
static ucs4_t take(struct str *rest)
{
    ucs4_t c = 0xFFFD;
    int len = u8_mbtouc(&c, (const uint8_t *)rest->ptr, rest->len);

    *rest = str_tail(*rest, len > 0 ? (size_t)len : 1);
    return c;
}

static bool is_blank(ucs4_t c)
{
    return uc_is_property_white_space(c);
}

/* U+2800 is a letter of Braille without a dot: it has ink nowhere, but no property says so. */
static bool is_invisible(ucs4_t c)
{
    enum { BRAILLE_WITHOUT_DOTS = 0x2800 };

    return is_blank(c) || c == BRAILLE_WITHOUT_DOTS || uc_is_property_default_ignorable_code_point(c) ||
           uc_is_general_category_withtable(c, UC_CATEGORY_MASK_Cc | UC_CATEGORY_MASK_Cf | UC_CATEGORY_MASK_Z);
}

bool text_shows(struct str text)
{
    while (text.len > 0)
        if (!is_invisible(take(&text)))
            return true;
    return false;
}

bool text_hides(struct str text)
{
    while (text.len > 0) {
        ucs4_t c = take(&text);

        if (is_invisible(c) && c != ' ')
            return true;
    }
    return false;
}

bool text_turns_direction(struct str text)
{
    while (text.len > 0) {
        ucs4_t c = take(&text);

        if ((c >= 0x202A && c <= 0x202E) || (c >= 0x2066 && c <= 0x2069))
            return true;
    }
    return false;
}

bool text_is_line(struct str text)
{
    while (text.len > 0)
        if (uc_is_general_category_withtable(take(&text),
                                             UC_CATEGORY_MASK_Cc | UC_CATEGORY_MASK_Zl | UC_CATEGORY_MASK_Zp))
            return false;
    return true;
}

struct str text_trim(struct str text)
{
    struct str rest = text;
    struct str kept = { NULL, 0 };

    while (rest.len > 0) {
        struct str here = rest;

        if (is_blank(take(&rest)))
            continue;
        if (kept.ptr == NULL)
            kept.ptr = here.ptr;
        kept.len = (size_t)(rest.ptr - kept.ptr);
    }
    return kept.ptr != NULL ? kept : str_head(text, 0);
}

static bool is_dash(ucs4_t c)
{
    return uc_is_property_dash(c);
}

enum err text_compact(struct arena *a, struct str text, struct str *ret_text)
{
    char *out = arena_alloc(a, text.len + 1);
    size_t len = 0;

    if (out == NULL)
        return ERR_NO_MEMORY;
    while (text.len > 0) {
        struct str here = text;
        ucs4_t c = take(&text);
        size_t bytes = here.len - text.len;

        if (is_invisible(c) || is_dash(c))
            continue;
        memcpy(out + len, here.ptr, bytes);
        len += bytes;
    }
    out[len] = '\0';
    *ret_text = (struct str){ out, len };
    return ERR_OK;
}

/* What a function of libunistring has allocated, in the arena. */
static enum err keep(struct arena *a, uint8_t *made, size_t len, struct str *ret_text)
{
    struct str copy;

    if (made == NULL)
        return ERR_NO_MEMORY;
    copy = arena_str(a, (struct str){ (const char *)made, len });
    free(made);
    if (copy.ptr == NULL)
        return ERR_NO_MEMORY;
    *ret_text = copy;
    return ERR_OK;
}

static bool is_ascii(struct str text)
{
    for (size_t i = 0; i < text.len; i++)
        if ((unsigned char)text.ptr[i] >= 0x80)
            return false;
    return true;
}

enum err text_compose(struct arena *a, struct str text, struct str *ret_text)
{
    size_t len = 0;
    uint8_t *made;

    if (!str_is_utf8(text))
        return ERR_INVALID;
    if (is_ascii(text)) {
        *ret_text = text;
        return ERR_OK;
    }
    made = u8_normalize(UNINORM_NFC, (const uint8_t *)text.ptr, text.len, NULL, &len);
    return keep(a, made, len, ret_text);
}

enum err text_lower(struct arena *a, struct str text, struct str *ret_text)
{
    size_t len = 0;
    uint8_t *made;

    if (!str_is_utf8(text))
        return ERR_INVALID;
    if (text.len == 0) {
        *ret_text = STR("");
        return ERR_OK;
    }
    made = u8_tolower((const uint8_t *)text.ptr, text.len, NULL, UNINORM_NFC, NULL, &len);
    return keep(a, made, len, ret_text);
}
