/* Percent-decoding and the query string. */
#include "parley/core/limits.h"
#include "parley/http/request.h"
#include "request_private.h"

/* The byte that text[*at] stands for; *at is moved behind it. -1: a broken escape, or NUL. */
static int next_byte(struct str text, enum plus plus, size_t *at)
{
    char c = text.ptr[*at];
    int high, low;

    if (c != '%') {
        *at += 1;
        if (c == '+' && plus == PLUS_BLANK)
            return ' ';
        return c == '\0' ? -1 : (unsigned char)c;
    }
    if (text.len - *at < 3)
        return -1;
    high = str_hex_digit(text.ptr[*at + 1]);
    low = str_hex_digit(text.ptr[*at + 2]);
    if (high < 0 || low < 0 || (high == 0 && low == 0))
        return -1;
    *at += 3;
    return high * 16 + low;
}

enum err http_decode(struct arena *a, struct str text, enum plus plus, struct str *ret_text)
{
    size_t len = 0;
    char *out = arena_alloc(a, text.len + 1);

    if (out == NULL)
        return ERR_NO_MEMORY;
    for (size_t at = 0; at < text.len;) {
        int byte = next_byte(text, plus, &at);
        if (byte < 0)
            return ERR_BAD_REQUEST;
        out[len++] = (char)byte;
    }
    out[len] = '\0';
    if (!str_is_utf8((struct str){ out, len }))
        return ERR_BAD_REQUEST;
    *ret_text = (struct str){ out, len };
    return ERR_OK;
}

static enum err pair_decode(struct arena *a, struct str piece, struct http_pair *ret_pair)
{
    size_t mark = str_index(piece, '=');
    struct str value = mark == SIZE_MAX ? STR("") : str_tail(piece, mark + 1);

    TRY(http_decode(a, str_head(piece, mark), PLUS_BLANK, &ret_pair->name));
    return http_decode(a, value, PLUS_BLANK, &ret_pair->value);
}

static enum err query_decode(struct http_request *req, struct arena *a)
{
    struct http_pair *pairs = arena_calloc(a, QUERY_PARAMS_MAX, sizeof(*pairs));
    struct str rest = req->raw_query;
    struct str piece;
    size_t count = 0;

    if (pairs == NULL)
        return ERR_NO_MEMORY;
    while (str_split(&rest, '&', &piece)) {
        if (piece.len == 0)
            continue;
        if (count == QUERY_PARAMS_MAX)
            return ERR_BAD_REQUEST;
        TRY(pair_decode(a, piece, &pairs[count]));
        count++;
    }
    req->query = pairs;
    req->query_count = count;
    return ERR_OK;
}

enum err http_query(struct http_request *req, struct arena *a, const struct http_pair **ret_pairs, size_t *ret_count)
{
    if (req->query == NULL)
        TRY(query_decode(req, a));
    *ret_pairs = req->query;
    *ret_count = req->query_count;
    return ERR_OK;
}
