#include "slack_text.h"

#include <ctype.h>

/* Longer ones are no marks. */
enum { FENCE_MAX_BYTES = 16, BRACKET_MAX_BYTES = 4096, PAIR_MAX_BYTES = 4096 };

/* ---- what stands in brackets ---- */

static bool is_address(struct str text)
{
    static const struct str schemes[] = { STR_INIT("https://"), STR_INIT("http://"), STR_INIT("mailto:"),
                                          STR_INIT("tel:") };

    for (size_t i = 0; i < COUNT_OF(schemes); i++)
        if (str_starts_with(text, schemes[i]))
            return true;
    return false;
}

/* The first byte of a text, or what an escape at its beginning stands for; how many bytes that took. */
static size_t character_read(struct str text, char *ret_character)
{
    static const struct {
        struct str name;
        char character;
    } escapes[] = { { STR_INIT("&amp;"), '&' }, { STR_INIT("&lt;"), '<' }, { STR_INIT("&gt;"), '>' } };

    for (size_t i = 0; i < COUNT_OF(escapes); i++)
        if (str_starts_with(text, escapes[i].name)) {
            *ret_character = escapes[i].character;
            return escapes[i].name.len;
        }
    *ret_character = text.ptr[0];
    return 1;
}

static size_t character_add(struct buf *out, struct str text)
{
    char c;
    size_t taken = character_read(text, &c);

    buf_add_byte(out, c);
    return taken;
}

static void plain_add(struct buf *out, struct str text)
{
    while (text.len > 0)
        text = str_tail(text, character_add(out, text));
}

static void label_add(struct buf *out, struct str label)
{
    while (label.len > 0) {
        char c;

        label = str_tail(label, character_read(label, &c));
        if (c == '[' || c == ']')
            buf_add_byte(out, '\\');
        buf_add_byte(out, c);
    }
}

/* A blank or a bracket would end the address of a link. */
static void address_add(struct buf *out, struct str address)
{
    while (address.len > 0) {
        char c;

        address = str_tail(address, character_read(address, &c));
        if ((unsigned char)c <= ' ' || c == '(' || c == ')' || c == '<' || c == '>')
            buf_addf(out, "%%%02X", (unsigned)(unsigned char)c);
        else
            buf_add_byte(out, c);
    }
}

/* <!channel>, <!here>, <!subteam^S1|@team>, <!date^1392734382^{date}|February 18th> */
static void special_add(struct buf *out, struct str name, struct str label)
{
    if (str_eq_c(name, "channel") || str_eq_c(name, "everyone"))
        buf_add_c(out, "@all");
    else if (str_eq_c(name, "here"))
        buf_add_c(out, "@here");
    else
        plain_add(out, label.len > 0 ? label : name);
}

/* inside: what stands between < and >. False: it means nothing. */
static bool bracket_add(struct buf *out, struct str inside)
{
    struct str label = str_cut(&inside, '|');

    if (inside.len < 2)
        return false;
    if (inside.ptr[0] == '!') {
        special_add(out, str_tail(inside, 1), label);
    } else if (inside.ptr[0] == '@' || inside.ptr[0] == '#') {
        if (label.len == 0 || label.ptr[0] != inside.ptr[0])
            buf_add_byte(out, inside.ptr[0]);
        plain_add(out, label.len > 0 ? label : str_tail(inside, 1));
    } else if (!is_address(inside)) {
        return false;
    } else if (label.len == 0) {
        plain_add(out, inside);
    } else {
        buf_add_byte(out, '[');
        label_add(out, label);
        buf_add_c(out, "](");
        address_add(out, inside);
        buf_add_byte(out, ')');
    }
    return true;
}

/* ---- pairs of marks ---- */

static bool is_word(char c)
{
    return isalnum((unsigned char)c) || (unsigned char)c >= 0x80;
}

/* Where the pair of each kind that is open ends; SIZE_MAX: none is. */
struct open_pairs {
    size_t stars_end, tildes_end;
};

/* Where the pair ends that opens at `at`, on the same line; SIZE_MAX: none opens there. */
static size_t pair_end(struct str text, size_t at)
{
    char mark = text.ptr[at];

    if (at > 0 && (is_word(text.ptr[at - 1]) || text.ptr[at - 1] == mark))
        return SIZE_MAX;
    if (at + 1 >= text.len || isspace((unsigned char)text.ptr[at + 1]) || text.ptr[at + 1] == mark)
        return SIZE_MAX;
    for (size_t i = at + 2; i < text.len && i < at + PAIR_MAX_BYTES && text.ptr[i] != '\n'; i++)
        if (text.ptr[i] == mark)
            return isspace((unsigned char)text.ptr[i - 1]) ||
                           (i + 1 < text.len && (is_word(text.ptr[i + 1]) || text.ptr[i + 1] == mark))
                       ? SIZE_MAX
                       : i;
    return SIZE_MAX;
}

/* Of each length of fence, whether one was met that does not end: then no later one does. */
struct unclosed {
    bool fences[FENCE_MAX_BYTES + 1];
};

static size_t fence_bytes(struct str text)
{
    size_t len = 0;

    while (len < text.len && text.ptr[len] == '`')
        len++;
    return len;
}

/* How long what stands between back quotes is, quotes included; of what does not end, the quotes alone. */
static size_t code_bytes(struct str text, struct unclosed *unclosed)
{
    size_t fence = fence_bytes(text);

    if (fence > FENCE_MAX_BYTES || unclosed->fences[fence])
        return fence;
    for (size_t i = fence; i + fence <= text.len; i++) {
        size_t run = 0;

        while (i + run < text.len && text.ptr[i + run] == '`')
            run++;
        if (run == fence)
            return i + run;
        i += run > 0 ? run - 1 : 0;
    }
    unclosed->fences[fence] = true;
    return fence;
}

/* The mark at `at`, twice where it opens or closes a pair. */
static void mark_add(struct buf *out, struct str text, size_t at, size_t *end)
{
    bool is_open = *end != SIZE_MAX && *end >= at;

    if (!is_open)
        *end = pair_end(text, at);
    if (*end != SIZE_MAX && (!is_open || *end == at))
        buf_add_byte(out, text.ptr[at]);
    buf_add_byte(out, text.ptr[at]);
    if (*end == at)
        *end = SIZE_MAX;
}

/* One piece of it; how many of its bytes that was. */
static size_t piece_add(struct buf *out, struct str text, size_t at, struct open_pairs *open, struct unclosed *unclosed)
{
    struct str rest = str_tail(text, at);
    size_t len;

    switch (rest.ptr[0]) {
    case '`':
        len = code_bytes(rest, unclosed);
        plain_add(out, str_head(rest, len));
        return len;
    case '<':
        len = str_index(str_head(rest, BRACKET_MAX_BYTES), '>');
        if (len != SIZE_MAX && bracket_add(out, (struct str){ rest.ptr + 1, len - 1 }))
            return len + 1;
        return character_add(out, rest);
    case '*': mark_add(out, text, at, &open->stars_end); return 1;
    case '~': mark_add(out, text, at, &open->tildes_end); return 1;
    default: return character_add(out, rest);
    }
}

void slack_text_add(struct buf *out, struct str text)
{
    struct open_pairs open = { SIZE_MAX, SIZE_MAX };
    struct unclosed unclosed = { { false } };

    for (size_t at = 0; at < text.len;)
        at += piece_add(out, text, at, &open, &unclosed);
}
