#include "parley/objects/s3_xml.h"

#include "parley/core/attrs.h"
#include "parley/core/clock.h"
#include "parley/core/limits.h"

struct walk {
    struct arena *arena;
    struct str rest;
    s3_xml_fn fn;
    void *arg;
    char path[S3_XML_PATH_MAX_BYTES];
    size_t path_len;
    struct {
        struct str text;   /* decoded so far */
        size_t parent_len; /* length of the path without this element */
    } open[S3_XML_DEPTH_MAX];
    int depth;
    bool root_seen;
};

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static bool is_name_byte(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-' ||
           c == '.' || c == ':';
}

static void skip(struct walk *w, size_t len)
{
    w->rest = str_tail(w->rest, len);
}

static void skip_blanks(struct walk *w)
{
    while (w->rest.len > 0 && is_blank(w->rest.ptr[0]))
        skip(w, 1);
}

/* Moves behind the next `end`. */
static enum err skip_past(struct walk *w, struct str end)
{
    while (w->rest.len > 0 && !str_starts_with(w->rest, end))
        skip(w, 1);
    if (w->rest.len == 0)
        return ERR_INVALID;
    skip(w, end.len);
    return ERR_OK;
}

static enum err take_name(struct walk *w, struct str *ret_name)
{
    size_t len = 0;
    struct str name;
    size_t colon;
    while (len < w->rest.len && is_name_byte(w->rest.ptr[len]))
        len++;
    if (len == 0)
        return ERR_INVALID;
    name = str_head(w->rest, len);
    skip(w, len);
    colon = str_index(name, ':');
    *ret_name = colon == SIZE_MAX ? name : str_tail(name, colon + 1);
    return ret_name->len > 0 ? ERR_OK : ERR_INVALID;
}

static size_t utf8_encode(uint32_t point, char ret_bytes[4])
{
    static const uint8_t lead[5] = { 0, 0, 0xc0, 0xe0, 0xf0 };
    size_t len;
    if (point < 0x80) {
        ret_bytes[0] = (char)point;
        return 1;
    }
    len = point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;
    for (size_t i = len - 1; i > 0; i--) {
        ret_bytes[i] = (char)(0x80 | (point & 0x3f));
        point >>= 6;
    }
    ret_bytes[0] = (char)(lead[len] | point);
    return len;
}

/* "#34" or "#x22", without '&' and ';'. */
static enum err decode_reference(struct str text, char *ret_bytes, size_t *ret_len)
{
    int base = text.len > 1 && text.ptr[1] == 'x' ? 16 : 10;
    struct str digits = str_tail(text, base == 16 ? 2 : 1);
    uint32_t point = 0;
    if (digits.len == 0 || digits.len > 8)
        return ERR_INVALID;
    for (size_t i = 0; i < digits.len; i++) {
        int value = str_hex_digit(digits.ptr[i]);
        if (value < 0 || value >= base)
            return ERR_INVALID;
        point = point * (uint32_t)base + (uint32_t)value;
        if (point > 0x10ffff)
            return ERR_INVALID;
    }
    if (point == 0 || (point >= 0xd800 && point <= 0xdfff))
        return ERR_INVALID;
    *ret_len = utf8_encode(point, ret_bytes);
    return ERR_OK;
}

static enum err decode_entity(struct str text, char *ret_bytes, size_t *ret_len)
{
    static const struct {
        const char *name;
        char byte;
    } named[] = { { "amp", '&' }, { "lt", '<' }, { "gt", '>' }, { "quot", '"' }, { "apos", '\'' } };
    if (text.len > 0 && text.ptr[0] == '#')
        return decode_reference(text, ret_bytes, ret_len);
    for (size_t i = 0; i < COUNT_OF(named); i++) {
        if (str_eq_c(text, named[i].name)) {
            ret_bytes[0] = named[i].byte;
            *ret_len = 1;
            return ERR_OK;
        }
    }
    return ERR_INVALID;
}

/* A decoded text is never longer than it was. */
static enum err decode_text(struct arena *a, struct str raw, struct str *ret_text)
{
    char *out = arena_alloc(a, raw.len + 4);
    size_t len = 0;
    if (out == NULL)
        return ERR_NO_MEMORY;
    for (size_t i = 0; i < raw.len; i++) {
        struct str after;
        size_t end, added = 0;
        if (raw.ptr[i] != '&') {
            out[len++] = raw.ptr[i];
            continue;
        }
        after = str_tail(raw, i + 1);
        end = str_index(after, ';');
        if (end == SIZE_MAX)
            return ERR_INVALID;
        TRY(decode_entity(str_head(after, end), out + len, &added));
        len += added;
        i += end + 1;
    }
    *ret_text = (struct str){ out, len };
    return ERR_OK;
}

/* Text between two tags; pieces that comments or children divide are joined. */
static enum err take_text(struct walk *w)
{
    size_t len = str_index(w->rest, '<');
    struct str raw = str_head(w->rest, len), piece;
    struct str *text;
    char *joined;
    skip(w, raw.len);
    if (w->depth == 0)
        return str_trim(raw).len == 0 ? ERR_OK : ERR_INVALID;
    TRY(decode_text(w->arena, raw, &piece));
    text = &w->open[w->depth - 1].text;
    if (str_trim(piece).len == 0)
        return ERR_OK;
    if (text->len == 0) {
        *text = piece;
        return ERR_OK;
    }
    joined = arena_alloc(w->arena, text->len + piece.len);
    if (joined == NULL)
        return ERR_NO_MEMORY;
    memcpy(joined, text->ptr, text->len);
    memcpy(joined + text->len, piece.ptr, piece.len);
    *text = (struct str){ joined, text->len + piece.len };
    return ERR_OK;
}

static enum err open_element(struct walk *w, struct str name)
{
    size_t slash = w->depth > 0 ? 1 : 0;
    if (w->depth == S3_XML_DEPTH_MAX || w->path_len + slash + name.len > sizeof(w->path))
        return ERR_INVALID;
    if (w->depth == 0 && w->root_seen)
        return ERR_INVALID;
    w->root_seen = true;
    w->open[w->depth].parent_len = w->path_len;
    w->open[w->depth].text = STR("");
    if (slash)
        w->path[w->path_len] = '/';
    memcpy(w->path + w->path_len + slash, name.ptr, name.len);
    w->path_len += slash + name.len;
    w->depth++;
    return ERR_OK;
}

static enum err close_element(struct walk *w)
{
    struct str path = { w->path, w->path_len };
    TRY(w->fn(w->arg, path, w->open[w->depth - 1].text));
    w->path_len = w->open[w->depth - 1].parent_len;
    w->depth--;
    return ERR_OK;
}

/* name="value" or name='value', nothing of it kept. */
static enum err skip_attribute(struct walk *w)
{
    struct str name;
    struct str quote;
    size_t end;
    TRY(take_name(w, &name));
    skip_blanks(w);
    if (w->rest.len < 2 || w->rest.ptr[0] != '=')
        return ERR_INVALID;
    skip(w, 1);
    skip_blanks(w);
    if (w->rest.len == 0 || (w->rest.ptr[0] != '"' && w->rest.ptr[0] != '\''))
        return ERR_INVALID;
    quote = str_head(w->rest, 1);
    skip(w, 1);
    end = str_index(w->rest, quote.ptr[0]);
    if (end == SIZE_MAX || str_index(str_head(w->rest, end), '<') != SIZE_MAX)
        return ERR_INVALID;
    skip(w, end + 1);
    return ERR_OK;
}

static enum err take_start(struct walk *w)
{
    struct str name;
    TRY(take_name(w, &name));
    TRY(open_element(w, name));
    for (;;) {
        size_t before = w->rest.len;
        skip_blanks(w);
        if (str_starts_with(w->rest, STR("/>"))) {
            skip(w, 2);
            return close_element(w);
        }
        if (str_starts_with(w->rest, STR(">"))) {
            skip(w, 1);
            return ERR_OK;
        }
        if (w->rest.len == before)
            return ERR_INVALID;
        TRY(skip_attribute(w));
    }
}

static enum err take_end(struct walk *w)
{
    struct str name;
    size_t parent_len;
    struct str open;
    TRY(take_name(w, &name));
    skip_blanks(w);
    if (!str_starts_with(w->rest, STR(">")) || w->depth == 0)
        return ERR_INVALID;
    skip(w, 1);
    parent_len = w->open[w->depth - 1].parent_len;
    open = str_tail((struct str){ w->path, w->path_len }, parent_len > 0 ? parent_len + 1 : 0);
    return str_eq(open, name) ? close_element(w) : ERR_INVALID;
}

static enum err take_markup(struct walk *w)
{
    if (str_starts_with(w->rest, STR("<!--")))
        return skip_past(w, STR("-->"));
    if (str_starts_with(w->rest, STR("</"))) {
        skip(w, 2);
        return take_end(w);
    }
    skip(w, 1);
    return take_start(w);
}

enum err s3_xml_walk(struct arena *a, struct str document, s3_xml_fn fn, void *arg)
{
    struct walk w = { .arena = a, .rest = document, .fn = fn, .arg = arg };
    if (document.ptr == NULL || !str_is_utf8(document) || memchr(document.ptr, '\0', document.len) != NULL)
        return ERR_INVALID;
    skip_blanks(&w);
    if (str_starts_with(w.rest, STR("\xef\xbb\xbf")))
        skip(&w, 3);
    if (str_starts_with(w.rest, STR("<?xml")))
        TRY(skip_past(&w, STR("?>")));
    while (w.rest.len > 0)
        TRY(w.rest.ptr[0] == '<' ? take_markup(&w) : take_text(&w));
    return w.depth == 0 && w.root_seen ? ERR_OK : ERR_INVALID;
}
