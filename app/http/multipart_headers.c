#include "multipart_headers.h"

#include <ctype.h>

/* The browsers' own escapes in quoted names (WHATWG HTML, "multipart/form-data encoding algorithm"): these three only. */
static bool browser_escape(struct str text, char *ret_char)
{
    if (str_starts_with(text, STR("%22")))
        *ret_char = '"';
    else if (str_starts_with(text, STR("%0D")) || str_starts_with(text, STR("%0d")))
        *ret_char = '\r';
    else if (str_starts_with(text, STR("%0A")) || str_starts_with(text, STR("%0a")))
        *ret_char = '\n';
    else
        return false;
    return true;
}

/* A quoted string at the start of *rest, which is moved behind it. */
static enum err quoted_read(struct arena *a, struct str *rest, struct str *ret_text)
{
    char *out = arena_alloc(a, rest->len + 1);
    size_t len = 0;
    size_t at = 1;

    if (out == NULL)
        return ERR_NO_MEMORY;
    for (;; len++) {
        if (at >= rest->len)
            return ERR_BAD_REQUEST;
        if (rest->ptr[at] == '"')
            break;
        if (rest->ptr[at] == '\\' && at + 1 < rest->len && (rest->ptr[at + 1] == '"' || rest->ptr[at + 1] == '\\')) {
            out[len] = rest->ptr[at + 1];
            at += 2;
        } else if (browser_escape(str_tail(*rest, at), &out[len])) {
            at += 3;
        } else {
            out[len] = rest->ptr[at++];
        }
    }
    out[len] = '\0';
    *rest = str_tail(*rest, at + 1);
    *ret_text = (struct str){ out, len };
    return ERR_OK;
}

static bool is_token_char(char c)
{
    return c > ' ' && c < 0x7F && strchr("\"(),/:;<=>?@[\\]{}", c) == NULL;
}

static struct str token_read(struct str *rest)
{
    size_t len = 0;
    struct str token;

    while (len < rest->len && is_token_char(rest->ptr[len]))
        len++;
    token = str_head(*rest, len);
    *rest = str_tail(*rest, len);
    return token;
}

static void skip_blanks(struct str *rest)
{
    while (rest->len > 0 && (rest->ptr[0] == ' ' || rest->ptr[0] == '\t'))
        *rest = str_tail(*rest, 1);
}

/* `; name=value` at the start of *rest. */
static enum err parameter_read(struct arena *a, struct str *rest, struct str *ret_name, struct str *ret_text)
{
    *rest = str_tail(*rest, 1);
    skip_blanks(rest);
    *ret_name = token_read(rest);
    if (ret_name->len == 0 || rest->len == 0 || rest->ptr[0] != '=')
        return ERR_BAD_REQUEST;
    *rest = str_tail(*rest, 1);
    if (rest->len > 0 && rest->ptr[0] == '"')
        return quoted_read(a, rest, ret_text);
    *ret_text = token_read(rest);
    return ret_text->len > 0 ? ERR_OK : ERR_BAD_REQUEST;
}

enum err header_parameter(struct arena *a, struct str value, struct str name, struct str *ret_text)
{
    size_t mark = str_index(value, ';');
    struct str rest = mark == SIZE_MAX ? STR("") : str_tail(value, mark);
    struct str found = { NULL, 0 };

    while (rest.len > 0) {
        struct str one, text;
        if (rest.ptr[0] != ';')
            return ERR_BAD_REQUEST;
        if (str_trim(str_tail(rest, 1)).len == 0)
            break;
        TRY(parameter_read(a, &rest, &one, &text));
        skip_blanks(&rest);
        if (!str_eq_nocase(one, name))
            continue;
        if (found.ptr != NULL)
            return ERR_BAD_REQUEST;
        found = text;
    }
    *ret_text = found;
    return ERR_OK;
}

/* UTF-8'language'percent-encoded (RFC 8187). */
static enum err extended_decode(struct arena *a, struct str text, struct str *ret_text)
{
    struct str rest = text;
    struct str charset, language;

    if (!str_split(&rest, '\'', &charset) || !str_split(&rest, '\'', &language) || rest.ptr == NULL)
        return ERR_BAD_REQUEST;
    if (!str_eq_nocase(charset, STR("UTF-8")))
        return ERR_BAD_REQUEST;
    return http_decode(a, rest, PLUS_LITERAL, ret_text);
}

/*
 * Some clients send the path that the file has on their side; what stands before the last separator is nobody's business
 * (RFC 7578 §4.2). Where nothing is left the name stays as it is, and is refused for it.
 */
static struct str base_name(struct str filename)
{
    size_t begin = filename.len;

    while (begin > 0 && filename.ptr[begin - 1] != '/' && filename.ptr[begin - 1] != '\\')
        begin--;
    return begin < filename.len ? str_tail(filename, begin) : filename;
}

static enum err disposition_parse(struct arena *a, struct str value, struct multipart_part *part)
{
    struct str extended;

    if (!str_eq_nocase(str_trim(str_head(value, str_index(value, ';'))), STR("form-data")))
        return ERR_BAD_REQUEST;
    TRY(header_parameter(a, value, STR("name"), &part->name));
    TRY(header_parameter(a, value, STR("filename"), &part->filename));
    TRY(header_parameter(a, value, STR("filename*"), &extended));
    if (extended.ptr != NULL)
        TRY(extended_decode(a, extended, &part->filename));
    part->filename = base_name(part->filename);
    if (part->name.len == 0 || !str_is_utf8(part->name) || !str_is_utf8(part->filename))
        return ERR_BAD_REQUEST;
    return ERR_OK;
}

static enum err line_parse(struct arena *a, struct str line, struct multipart_part *part)
{
    struct str rest = line;
    struct str name;
    struct str value;

    if (!str_split(&rest, ':', &name) || rest.ptr == NULL || name.len == 0 || str_has_control(line))
        return ERR_BAD_REQUEST;
    value = str_trim(rest);
    if (str_eq_nocase(name, STR("Content-Disposition"))) {
        if (part->name.ptr != NULL)
            return ERR_BAD_REQUEST;
        return disposition_parse(a, value, part);
    }
    if (str_eq_nocase(name, STR("Content-Type"))) {
        if (part->content_type.ptr != NULL)
            return ERR_BAD_REQUEST;
        part->content_type = value;
    }
    /* Bytes that are not what they seem would be stored as something else (RFC 7578 §4.7). */
    if (str_eq_nocase(name, STR("Content-Transfer-Encoding")) && !str_eq_nocase(value, STR("binary")) &&
        !str_eq_nocase(value, STR("8bit")) && !str_eq_nocase(value, STR("7bit")))
        return ERR_BAD_REQUEST;
    return ERR_OK;
}

enum err part_headers_parse(struct arena *a, struct str lines, struct multipart_part *ret_part)
{
    struct multipart_part part = { .name = { NULL, 0 } };
    struct str rest = arena_str(a, lines);
    struct str line;

    if (rest.ptr == NULL)
        return ERR_NO_MEMORY;
    while (str_split(&rest, '\n', &line)) {
        if (str_ends_with(line, STR("\r")))
            line = str_head(line, line.len - 1);
        else if (rest.ptr != NULL)
            return ERR_BAD_REQUEST;
        if (line.len > 0)
            TRY(line_parse(a, line, &part));
    }
    if (part.name.ptr == NULL)
        return ERR_BAD_REQUEST;
    *ret_part = part;
    return ERR_OK;
}
