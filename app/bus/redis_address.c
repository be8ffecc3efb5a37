#include "driver.h"
#include "parley/core/arena.h"
#include "parley/core/percent.h"
#include "parley/core/url.h"

static const char *const bad_form = "REDIS_URL must look like redis://:password@host:port/0 or unix:/path";

/* A database's number; absent or empty leaves *ret_number. */
static enum err parse_database(struct str text, int *ret_number)
{
    int64_t number = 0;
    if (text.len == 0)
        return ERR_OK;
    if (str_to_int64(text, &number) != ERR_OK || number < 0 || number > 1000000)
        return ERR_INVALID;
    *ret_number = (int)number;
    return ERR_OK;
}

static enum err parse_tcp(struct arena *a, struct str text, struct redis_address *address)
{
    struct url url;
    TRY(url_split(text, URL_NO_QUERY, &url));
    TRY(percent_decode(a, url.user, PLUS_LITERAL, &address->user));
    TRY(percent_decode(a, url.password, PLUS_LITERAL, &address->password));
    TRY(percent_decode(a, url.host.len > 0 ? url.host : STR("127.0.0.1"), PLUS_LITERAL, &address->host));
    TRY(url_port(&url, address->port, &address->port));
    return parse_database(str_tail(url.path, 1), &address->database);
}

static enum err parse_unix(struct arena *a, struct str rest, struct redis_address *address)
{
    struct str option = str_cut(&rest, '?');
    if (str_starts_with(option, STR("db=")))
        TRY(parse_database(str_tail(option, 3), &address->database));
    if (rest.len == 0 || rest.ptr[0] != '/')
        return ERR_INVALID;
    /* unix:///path has two more. */
    if (str_starts_with(rest, STR("///")))
        rest = str_tail(rest, 2);
    return percent_decode(a, rest, PLUS_LITERAL, &address->socket);
}

static enum err parse_url(struct arena *a, struct str url, struct redis_address *address, const char **ret_reason)
{
    *ret_reason = bad_form;
    if (str_starts_with(url, STR("redis://")))
        return parse_tcp(a, url, address);
    if (str_starts_with(url, STR("unix:")))
        return parse_unix(a, str_tail(url, 5), address);
    if (str_starts_with(url, STR("rediss:")))
        *ret_reason = "rediss: is not supported; reach a Redis with TLS through a local tunnel (stunnel) and redis://";
    return ERR_INVALID;
}

enum err redis_address_from_config(struct arena *a, const struct config *config, struct redis_address *ret_address,
                                   const char **ret_reason)
{
    struct redis_address address = { .socket = "", .host = "", .port = 6379, .user = "", .password = "" };
    if (config->redis_url[0] != '\0') {
        TRY(parse_url(a, str_from(config->redis_url), &address, ret_reason));
    } else if (config->redis_host[0] != '\0') {
        address.host = arena_cstr(a, str_from(config->redis_host));
        address.socket = config->redis_host[0] == '/' ? address.host : "";
        address.password = arena_cstr(a, str_from(config->redis_password));
        address.port = (int)config->redis_port;
        TRY(arena_check(a));
    } else {
        return ERR_NOT_FOUND;
    }
    *ret_address = address;
    return ERR_OK;
}
