/*
 * A window slides over the body. Inside a part, everything before the next CR LF "--" boundary is content; as long as
 * that delimiter is not in the window, all of it but the last delimiter_len − 1 bytes is certain to be content.
 */
#include "parley/http/multipart.h"

#include <ctype.h>
#include <stddef.h>

#include "multipart_headers.h"
#include "parley/core/limits.h"

enum {
    BOUNDARY_MAX = 70, /* RFC 2046 §5.1.1 */
    WINDOW_BYTES = 64 * 1024,
};

enum state { STATE_PART, STATE_ENDED };

struct multipart {
    struct http_request *req;
    struct arena *arena;
    enum state state;
    size_t part_count;
    size_t part_left_bytes; /* bytes at the window's start that are known to be content */
    bool part_ended;        /* the delimiter stands right behind them */
    size_t start, end;      /* the window's live bytes */
    size_t delimiter_len;
    char delimiter[BOUNDARY_MAX + 5]; /* CR LF "--" boundary */
    char window[WINDOW_BYTES];
};

static bool boundary_is_sane(struct str boundary)
{
    if (boundary.len == 0 || boundary.len > BOUNDARY_MAX || boundary.ptr[boundary.len - 1] == ' ')
        return false;
    for (size_t i = 0; i < boundary.len; i++)
        if (!isalnum((unsigned char)boundary.ptr[i]) && strchr("'()+_,-./:=? ", boundary.ptr[i]) == NULL)
            return false;
    return true;
}

enum err multipart_new(struct http_request *req, struct arena *a, struct multipart **ret_parser)
{
    struct str type = http_header(req, "Content-Type");
    struct str boundary;
    struct multipart *m;
    enum err e;

    if (!str_eq_nocase(str_trim(str_head(type, str_index(type, ';'))), STR("multipart/form-data")))
        return ERR_MEDIA_TYPE;
    e = header_parameter(a, type, STR("boundary"), &boundary);
    if (e != ERR_OK)
        return e == ERR_NO_MEMORY ? e : ERR_MEDIA_TYPE;
    if (!boundary_is_sane(boundary))
        return ERR_MEDIA_TYPE;
    m = arena_alloc(a, sizeof(*m));
    if (m == NULL)
        return ERR_NO_MEMORY;
    /* The first boundary may stand at the very start: a line end is put before it. */
    memset(m, 0, offsetof(struct multipart, window));
    m->req = req;
    m->arena = a;
    m->end = 2;
    memcpy(m->window, "\r\n", m->end);
    m->delimiter_len = boundary.len + 4;
    memcpy(m->delimiter, "\r\n--", 4);
    memcpy(m->delimiter + 4, boundary.ptr, boundary.len);
    *ret_parser = m;
    return ERR_OK;
}

/* More of the body into the window. The body's end here is always too early. */
static enum err window_fill(struct multipart *m)
{
    size_t got = 0;

    if (m->start > 0) {
        memmove(m->window, m->window + m->start, m->end - m->start);
        m->end -= m->start;
        m->start = 0;
    }
    TRY(http_body_read(m->req, m->window + m->end, WINDOW_BYTES - m->end, &got));
    if (got == 0)
        return ERR_BAD_REQUEST;
    m->end += got;
    return ERR_OK;
}

/* Makes sure that some content, or the part's end, is known. */
static enum err part_look(struct multipart *m)
{
    while (m->part_left_bytes == 0 && !m->part_ended) {
        size_t len = m->end - m->start;
        const char *found = memmem(m->window + m->start, len, m->delimiter, m->delimiter_len);
        if (found != NULL) {
            m->part_left_bytes = (size_t)(found - (m->window + m->start));
            m->part_ended = true;
        } else if (len >= m->delimiter_len) {
            m->part_left_bytes = len - (m->delimiter_len - 1);
        } else {
            TRY(window_fill(m));
        }
    }
    return ERR_OK;
}

enum err multipart_read(struct multipart *m, void *bytes, size_t room_bytes, size_t *ret_len)
{
    size_t len;

    if (m->state == STATE_ENDED || m->part_count == 0) {
        *ret_len = 0;
        return ERR_OK;
    }
    TRY(part_look(m));
    len = m->part_left_bytes < room_bytes ? m->part_left_bytes : room_bytes;
    if (len > 0)
        memcpy(bytes, m->window + m->start, len);
    m->start += len;
    m->part_left_bytes -= len;
    *ret_len = len;
    return ERR_OK;
}

/* What is left of the present part (at first: of the preamble) is passed over. */
static enum err part_skip(struct multipart *m)
{
    for (;;) {
        TRY(part_look(m));
        m->start += m->part_left_bytes;
        m->part_left_bytes = 0;
        if (m->part_ended)
            return ERR_OK;
    }
}

/* At least len bytes in the window. */
static enum err window_want(struct multipart *m, size_t len)
{
    while (m->end - m->start < len)
        TRY(window_fill(m));
    return ERR_OK;
}

/* Behind a delimiter: "--" ends it all, blanks and CR LF begin a part. */
static enum err delimiter_pass(struct multipart *m)
{
    m->start += m->delimiter_len;
    m->part_ended = false;
    TRY(window_want(m, 2));
    if (memcmp(m->window + m->start, "--", 2) == 0) {
        m->state = STATE_ENDED;
        return ERR_NOT_FOUND;
    }
    while (m->window[m->start] == ' ' || m->window[m->start] == '\t') {
        m->start++;
        TRY(window_want(m, 2));
    }
    if (memcmp(m->window + m->start, "\r\n", 2) != 0)
        return ERR_BAD_REQUEST;
    m->start += 2;
    return ERR_OK;
}

/* The header lines up to the empty one. */
static enum err headers_read(struct multipart *m, struct str *ret_lines)
{
    for (;;) {
        struct str live = { m->window + m->start, m->end - m->start };
        const char *found;

        if (str_starts_with(live, STR("\r\n")))
            return ERR_BAD_REQUEST; /* a part without headers has no name */
        found = memmem(live.ptr, live.len, "\r\n\r\n", 4);
        if (found != NULL && found - live.ptr <= MULTIPART_HEADERS_MAX_BYTES) {
            *ret_lines = str_head(live, (size_t)(found - live.ptr));
            m->start += ret_lines->len + 4;
            return ERR_OK;
        }
        if (found != NULL || live.len > MULTIPART_HEADERS_MAX_BYTES + 4)
            return ERR_BAD_REQUEST;
        TRY(window_fill(m));
    }
}

/* A part may end right behind its headers (RFC 2046 §5.1.1): their last line end is the delimiter's first then. */
static enum err bodiless_part(struct multipart *m)
{
    m->start -= 2;
    TRY(window_want(m, m->delimiter_len));
    if (memcmp(m->window + m->start, m->delimiter, m->delimiter_len) != 0)
        m->start += 2;
    return ERR_OK;
}

enum err multipart_next(struct multipart *m, struct multipart_part *ret_part)
{
    struct str lines;

    if (m->state == STATE_ENDED)
        return ERR_NOT_FOUND;
    TRY(part_skip(m));
    TRY(delimiter_pass(m));
    if (m->part_count == MULTIPART_PARTS_MAX)
        return ERR_TOO_LARGE;
    TRY(headers_read(m, &lines));
    m->part_count++;
    /* Parsed, and so copied, before the window moves. */
    TRY(part_headers_parse(m->arena, lines, ret_part));
    return bodiless_part(m);
}

enum err multipart_read_all(struct multipart *m, size_t max_bytes, struct str *ret_text)
{
    int64_t sent_bytes = http_content_length(m->req);
    size_t room_bytes = (uint64_t)sent_bytes < max_bytes ? (size_t)sent_bytes : max_bytes;
    char *text = arena_alloc(m->arena, room_bytes + 1);
    size_t len = 0;
    size_t got;

    if (text == NULL)
        return ERR_NO_MEMORY;
    do {
        TRY(multipart_read(m, text + len, room_bytes + 1 - len, &got));
        len += got;
        if (len > room_bytes)
            return ERR_TOO_LARGE;
    } while (got > 0);
    text[len] = '\0';
    *ret_text = (struct str){ text, len };
    return ERR_OK;
}
