#include "parley/core/emoji.h"

#include <unictype.h>
#include <unistr.h>

enum {
    POINTS_MAX = EMOJI_MAX_BYTES, /* a point takes a byte at least */
    JOINER = 0x200D,
    KEYCAP = 0x20E3,   /* around what stands before it */
    COLOURED = 0xFE0F, /* variation selector 16: the emoji, not the letter */
    BLACK_FLAG = 0x1F3F4,
    REGION_FIRST = 0x1F1E6,
    REGION_LAST = 0x1F1FF,
    TAG_FIRST = 0xE0020,
    TAG_LAST = 0xE007E,
    TAG_END = 0xE007F,
    PICTURES_FIRST = 0x1F000, /* from here on unassigned places are kept for emoji */
};

struct sequence {
    ucs4_t points[POINTS_MAX];
    size_t count, at;
    char *out;
    size_t out_len;
    bool fits; /* into EMOJI_MAX_BYTES */
};

static void put(struct sequence *s, ucs4_t point)
{
    int len = u8_uctomb((uint8_t *)s->out + s->out_len, point, (ptrdiff_t)(EMOJI_MAX_BYTES - s->out_len));

    if (len < 0)
        s->fits = false;
    else
        s->out_len += (size_t)len;
}

/* The next point, 0 at the end. */
static ucs4_t next(const struct sequence *s)
{
    return s->at < s->count ? s->points[s->at] : 0;
}

static bool take(struct sequence *s, ucs4_t point)
{
    if (next(s) != point)
        return false;
    s->at++;
    return true;
}

static bool is_region(ucs4_t point)
{
    return point >= REGION_FIRST && point <= REGION_LAST;
}

static bool is_keycap_base(ucs4_t point)
{
    return (point >= '0' && point <= '9') || point == '#' || point == '*';
}

/* A place that Unicode has kept for an emoji of later. */
static bool is_kept(ucs4_t point)
{
    return point >= PICTURES_FIRST && !uc_is_property_emoji(point) && uc_is_property_extended_pictographic(point);
}

static bool is_single(ucs4_t point)
{
    return !is_keycap_base(point) && !is_region(point) && (uc_is_property_emoji(point) || is_kept(point));
}

/* Shown as a letter unless the selector stands behind it. */
static bool needs_selector(ucs4_t point)
{
    return !uc_is_property_emoji_presentation(point) && !is_kept(point);
}

static bool flag(struct sequence *s)
{
    if (!is_region(next(s)) || s->at + 1 >= s->count || !is_region(s->points[s->at + 1]))
        return false;
    put(s, s->points[s->at++]);
    put(s, s->points[s->at++]);
    return true;
}

static bool keycap(struct sequence *s)
{
    put(s, s->points[s->at++]);
    put(s, COLOURED);
    (void)take(s, COLOURED);
    put(s, KEYCAP);
    return take(s, KEYCAP);
}

/* Letters behind the black flag: those of a part of a country. */
static bool tags(struct sequence *s)
{
    bool any = false;

    for (; next(s) >= TAG_FIRST && next(s) <= TAG_LAST; any = true)
        put(s, s->points[s->at++]);
    if (!any)
        return true;
    put(s, TAG_END);
    return take(s, TAG_END);
}

/* One picture, with its skin tone or its selector. */
static bool element(struct sequence *s)
{
    ucs4_t point = next(s);
    bool selected;

    if (!is_single(point))
        return false;
    s->at++;
    put(s, point);
    selected = take(s, COLOURED);
    if (uc_is_property_emoji_modifier(next(s)) && uc_is_property_emoji_modifier_base(point))
        put(s, s->points[s->at++]);
    else if (needs_selector(point))
        put(s, COLOURED);
    return point != BLACK_FLAG || selected || tags(s);
}

static bool joined(struct sequence *s)
{
    if (!element(s))
        return false;
    while (take(s, JOINER)) {
        put(s, JOINER);
        if (!element(s))
            return false;
    }
    return true;
}

static bool decode(struct str text, struct sequence *s)
{
    const uint8_t *bytes = (const uint8_t *)text.ptr;
    size_t at = 0;

    while (at < text.len && s->count < POINTS_MAX) {
        int len = u8_mbtoucr(&s->points[s->count], bytes + at, text.len - at);
        if (len <= 0)
            return false;
        at += (size_t)len;
        s->count++;
    }
    return text.len > 0 && at == text.len;
}

enum err emoji_canonical(struct str text, char ret_emoji[EMOJI_BYTES])
{
    char out[EMOJI_BYTES];
    struct sequence s = { .out = out, .fits = true };
    bool good;

    if (!decode(text, &s))
        return ERR_INVALID;
    if (is_region(next(&s)))
        good = flag(&s);
    else
        good = is_keycap_base(next(&s)) ? keycap(&s) : joined(&s);
    if (!good || !s.fits || s.at < s.count)
        return ERR_INVALID;
    memcpy(ret_emoji, out, s.out_len);
    ret_emoji[s.out_len] = '\0';
    return ERR_OK;
}
