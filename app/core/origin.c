#include "parley/core/origin.h"

#include <ctype.h>

#include "parley/core/idna.h"

/* RFC 3986 §3.1. */
static bool is_scheme(struct str text)
{
    for (size_t i = 0; i < text.len; i++)
        if (!isalnum((unsigned char)text.ptr[i]) && (i == 0 || strchr("+-.", text.ptr[i]) == NULL))
            return false;
    return text.len > 0 && isalpha((unsigned char)text.ptr[0]);
}

/* "[::1]", or a name; a star in it is none. */
static bool is_host(struct str host)
{
    bool ipv6 = str_starts_with(host, STR("[")) && str_ends_with(host, STR("]"));
    struct str inner = ipv6 ? (struct str){ host.ptr + 1, host.len - 2 } : host;

    for (size_t i = 0; i < inner.len; i++) {
        unsigned char c = (unsigned char)inner.ptr[i];

        if (ipv6 ? !isxdigit(c) && c != ':' && c != '.' : !isalnum(c) && c < 0x80 && strchr("-._", c) == NULL)
            return false;
    }
    return inner.len > 0;
}

static bool is_default_port(struct str scheme, int64_t port)
{
    return (port == 443 && str_eq_nocase(scheme, STR("https"))) || (port == 80 && str_eq_nocase(scheme, STR("http")));
}

/* host[:port] without what the scheme means anyway. */
static enum err authority_read(struct str scheme, struct str authority, struct buf *out)
{
    size_t end = str_starts_with(authority, STR("[")) ? str_index(authority, ']') : str_index(authority, ':');
    char host[IDNA_DOMAIN_BYTES];
    struct str rest;
    int64_t port = 0;

    if (end != SIZE_MAX && authority.ptr[end] == ']')
        end++;
    rest = end == SIZE_MAX ? STR("") : str_tail(authority, end);
    if (!is_host(str_head(authority, end)) || idna_ascii(str_head(authority, end), host) != ERR_OK)
        return ERR_INVALID;
    if (rest.len > 0 &&
        (rest.ptr[0] != ':' || str_to_int64(str_tail(rest, 1), &port) != ERR_OK || port < 1 || port > 65535))
        return ERR_INVALID;
    for (size_t i = 0; i < scheme.len; i++)
        buf_add_byte(out, (char)tolower((unsigned char)scheme.ptr[i]));
    buf_addf(out, "://%s", host);
    if (port > 0 && !is_default_port(scheme, port))
        buf_addf(out, ":%lld", (long long)port);
    return ERR_OK;
}

static enum err read(struct str text, bool with_path, struct buf *out)
{
    size_t colon = str_index(text, ':');
    struct str scheme = str_head(text, colon);
    struct str authority;
    size_t slash;

    if (colon == SIZE_MAX || !is_scheme(scheme) || !str_starts_with(str_tail(text, colon), STR("://")))
        return ERR_INVALID;
    authority = str_tail(text, colon + 3);
    slash = str_index(authority, '/');
    if (!with_path && slash != SIZE_MAX && slash + 1 < authority.len)
        return ERR_INVALID;
    return authority_read(scheme, str_head(authority, slash), out);
}

enum err origin_read(struct str text, struct buf *ret_origin)
{
    return read(text, false, ret_origin);
}

enum err origin_of_url(struct str url, struct buf *ret_origin)
{
    return read(url, true, ret_origin);
}

bool origin_is(struct str origin, struct str url)
{
    struct buf own;
    bool is;

    buf_init(&own, ORIGIN_MAX_BYTES);
    is = origin_of_url(url, &own) == ERR_OK && buf_check(&own) == ERR_OK && str_eq(buf_str(&own), origin);
    buf_release(&own);
    return is;
}
