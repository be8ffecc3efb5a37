/* Percent-decoding and the query string. */
#include "parley/core/limits.h"
#include "parley/http/request.h"
#include "request_private.h"

enum err http_decode(struct arena *a, struct str text, enum plus plus, struct str *ret_text)
{
    const char *decoded;
    enum err e = percent_decode(a, text, plus, &decoded);

    if (e == ERR_INVALID || (e == ERR_OK && !str_is_utf8(str_from(decoded))))
        return ERR_BAD_REQUEST;
    if (e == ERR_OK)
        *ret_text = str_from(decoded);
    return e;
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
