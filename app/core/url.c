#include "parley/core/url.h"

#include <string.h>

static struct str scheme_take(struct str *rest)
{
    struct str scheme = { NULL, 0 };
    for (size_t i = 0; i + 2 < rest->len; i++) {
        if (memcmp(rest->ptr + i, "://", 3) == 0) {
            scheme = str_head(*rest, i);
            *rest = str_tail(*rest, i + 3);
            break;
        }
    }
    return scheme;
}

static void user_take(struct str *rest, struct url *url)
{
    size_t after = str_starts_with(*rest, STR("/")) ? 0 : rest->len;
    while (after > 0 && rest->ptr[after - 1] != '@')
        after--;
    if (after == 0)
        return;
    url->user = str_head(*rest, after - 1);
    url->password = str_cut(&url->user, ':');
    *rest = str_tail(*rest, after);
}

/* host, host:port or [::1]:port. */
static enum err host_split(struct url *url)
{
    size_t end = str_index(url->host_port, ']');
    struct str behind;
    url->host = url->host_port;
    if (!str_starts_with(url->host, STR("["))) {
        url->port = str_cut(&url->host, ':');
        return ERR_OK;
    }
    if (end == SIZE_MAX)
        return ERR_INVALID;
    behind = str_tail(url->host_port, end + 1);
    url->host = str_tail(str_head(url->host_port, end), 1);
    if (behind.len > 0 && behind.ptr[0] != ':')
        return ERR_INVALID;
    if (behind.len > 0)
        url->port = str_tail(behind, 1);
    return ERR_OK;
}

enum err url_split(struct str text, enum url_query query, struct url *ret_url)
{
    struct url url = { .scheme = { NULL, 0 } };
    struct str rest = text;
    size_t slash;
    url.scheme = scheme_take(&rest);
    if (query == URL_QUERY)
        url.query = str_cut(&rest, '?');
    user_take(&rest, &url);
    slash = str_index(rest, '/');
    if (slash != SIZE_MAX)
        url.path = str_tail(rest, slash);
    url.host_port = str_head(rest, slash);
    TRY(host_split(&url));
    *ret_url = url;
    return ERR_OK;
}

enum err url_port(const struct url *url, int absent_port, int *ret_port)
{
    int64_t port = absent_port;
    if (url->port.len > 0 && (str_to_int64(url->port, &port) != ERR_OK || port < 1 || port > 65535))
        return ERR_INVALID;
    *ret_port = (int)port;
    return ERR_OK;
}

bool url_is_listed(struct str list, const struct url *url, int port)
{
    struct str piece;

    while (str_split(&list, ',', &piece)) {
        struct url listed;
        int listed_port;

        if (url_split(str_trim(piece), URL_QUERY, &listed) == ERR_OK && url_port(&listed, 0, &listed_port) == ERR_OK &&
            listed_port == port && str_eq_nocase(listed.host, url->host))
            return true;
    }
    return false;
}
