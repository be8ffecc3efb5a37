#include "parley/db/url.h"

#include <string.h>

#include "parley/core/percent.h"

static const char *const bad_form =
    "DATABASE_URL must look like sqlite:///file or mysql://user:password@host:port/database";

static enum err set(struct arena *a, struct str s, const char **ret_text, const char **ret_reason)
{
    enum err e = percent_decode(a, s, PLUS_LITERAL, ret_text);
    if (e == ERR_INVALID)
        *ret_reason = "DATABASE_URL holds a % that is no percent-encoding; write %25 for the sign itself";
    return e;
}

static enum err parse_sqlite(struct arena *a, struct str rest, struct db_url *url, const char **ret_reason)
{
    struct str options = str_cut(&rest, '?');
    if (options.ptr != NULL && options.len > 0) {
        *ret_reason = "DATABASE_URL: a sqlite: address takes no options";
        return ERR_INVALID;
    }
    if (rest.len < 2 || rest.ptr[0] != '/' || str_eq_c(rest, "/:memory:")) {
        *ret_reason =
            "DATABASE_URL: write sqlite:///file or sqlite:////absolute/file; a database in memory is not kept";
        return ERR_INVALID;
    }
    url->kind = DB_URL_SQLITE;
    return set(a, str_tail(rest, 1), &url->path, ret_reason);
}

static bool is_yes(struct str s)
{
    return str_eq_nocase(s, STR("true")) || str_eq_nocase(s, STR("on")) || str_eq_nocase(s, STR("yes")) ||
           str_eq_c(s, "1") || str_eq_nocase(s, STR("required"));
}

static bool is_no(struct str s)
{
    return str_eq_nocase(s, STR("false")) || str_eq_nocase(s, STR("off")) || str_eq_nocase(s, STR("no")) ||
           str_eq_c(s, "0") || str_eq_nocase(s, STR("disabled"));
}

static enum err parse_ssl(struct str value, struct db_url *url, const char **ret_reason)
{
    if (!is_yes(value) && !is_no(value)) {
        *ret_reason = "DATABASE_URL: ssl is true or false; for a certificate to check against, ssl_ca=file";
        return ERR_INVALID;
    }
    if (is_yes(value) && url->tls == DB_TLS_OFF)
        url->tls = DB_TLS_ANY;
    return ERR_OK;
}

static enum err parse_option(struct arena *a, struct str option, struct db_url *url, const char **ret_reason)
{
    struct str value = str_cut(&option, '=');
    if (str_eq_c(option, "unix_socket") || str_eq_c(option, "socket"))
        return set(a, value, &url->socket, ret_reason);
    if (str_eq_c(option, "ssl") || str_eq_c(option, "tls"))
        return parse_ssl(value, url, ret_reason);
    if (str_eq_c(option, "ssl_ca") || str_eq_c(option, "ssl-ca")) {
        url->tls = DB_TLS_CHECKED;
        return set(a, value, &url->ssl_ca, ret_reason);
    }
    if (str_eq_c(option, "charset") || option.len == 0)
        return ERR_OK;
    *ret_reason = "DATABASE_URL: of options, unix_socket, ssl, ssl_ca and charset are known";
    return ERR_INVALID;
}

static enum err parse_port(struct str text, struct db_url *url, const char **ret_reason)
{
    int64_t port = 0;
    if (text.ptr == NULL || text.len == 0)
        return ERR_OK;
    if (str_to_int64(text, &port) != ERR_OK || port < 1 || port > 65535) {
        *ret_reason = "DATABASE_URL: the port is a number from 1 to 65535";
        return ERR_INVALID;
    }
    url->port = (unsigned)port;
    return ERR_OK;
}

/* host, host:port, [::1]:port, or a percent-encoded path of a unix socket. */
static enum err parse_host(struct arena *a, struct str host, struct db_url *url, const char **ret_reason)
{
    struct str port = { NULL, 0 };
    if (host.len > 0 && host.ptr[0] == '[') {
        struct str behind;
        host = str_tail(host, 1);
        behind = str_cut(&host, ']');
        port = behind.len > 0 && behind.ptr[0] == ':' ? str_tail(behind, 1) : port;
    } else {
        port = str_cut(&host, ':');
    }
    TRY(parse_port(port, url, ret_reason));
    TRY(set(a, host, &url->host, ret_reason));
    if (url->host[0] == '/')
        url->socket = url->host;
    return ERR_OK;
}

static enum err parse_user(struct arena *a, struct str user, struct db_url *url, const char **ret_reason)
{
    struct str password = str_cut(&user, ':');
    if (password.ptr != NULL)
        TRY(set(a, password, &url->password, ret_reason));
    return set(a, user, &url->user, ret_reason);
}

/* The last @ parts user and host, so that an @ in a password that nobody encoded still works. */
static size_t last_at(struct str s)
{
    for (size_t i = s.len; i > 0; i--)
        if (s.ptr[i - 1] == '@')
            return i - 1;
    return SIZE_MAX;
}

static enum err parse_mysql(struct arena *a, struct str rest, struct db_url *url, const char **ret_reason)
{
    struct str options;
    size_t at;
    struct str database;
    struct str option;
    url->kind = DB_URL_MYSQL;
    url->port = 3306;
    options = str_cut(&rest, '?');
    at = last_at(rest);
    if (at != SIZE_MAX) {
        TRY(parse_user(a, str_head(rest, at), url, ret_reason));
        rest = str_tail(rest, at + 1);
    }
    database = str_cut(&rest, '/');
    TRY(parse_host(a, rest, url, ret_reason));
    if (database.ptr != NULL)
        TRY(set(a, database, &url->database, ret_reason));
    while (options.ptr != NULL && str_split(&options, '&', &option))
        TRY(parse_option(a, option, url, ret_reason));
    if (url->host[0] == '\0' && url->socket[0] == '\0')
        url->host = "localhost";
    if (url->database[0] == '\0') {
        *ret_reason = "DATABASE_URL does not name a database: mysql://user:password@host:port/database";
        return ERR_INVALID;
    }
    return ERR_OK;
}

static const struct db_url empty_url = {
    .path = "", .host = "", .socket = "", .user = "", .password = "", .database = "", .ssl_ca = ""
};

static struct str scheme_of(struct str *rest)
{
    for (size_t i = 0; i + 2 < rest->len; i++) {
        if (memcmp(rest->ptr + i, "://", 3) == 0) {
            struct str scheme = str_head(*rest, i);
            *rest = str_tail(*rest, i + 3);
            return scheme;
        }
    }
    return (struct str){ NULL, 0 };
}

enum err db_url_parse(struct arena *a, struct str text, struct db_url *ret_url, const char **ret_reason)
{
    struct db_url url = empty_url;
    struct str rest = text;
    struct str scheme = scheme_of(&rest);
    enum err e = ERR_INVALID;
    (void)str_cut(&scheme, '+');
    *ret_reason = bad_form;
    if (str_eq_c(scheme, "sqlite"))
        e = parse_sqlite(a, rest, &url, ret_reason);
    else if (str_eq_c(scheme, "mysql") || str_eq_c(scheme, "mariadb"))
        e = parse_mysql(a, rest, &url, ret_reason);
    else if (str_starts_with(text, STR("postgres")))
        *ret_reason = "PostgreSQL is not supported; use mysql://user:password@host:port/database";
    if (e == ERR_OK)
        *ret_url = url;
    return e;
}

static enum err from_mysql_settings(struct arena *a, const struct config *config, struct db_url *url)
{
    url->kind = DB_URL_MYSQL;
    url->port = (unsigned)config->mysql_port;
    url->host = arena_cstr(a, str_from(config->mysql_host));
    url->socket = config->mysql_host[0] == '/' ? url->host : "";
    url->user = arena_cstr(a, str_from(config->mysql_user));
    url->password = arena_cstr(a, str_from(config->mysql_password));
    url->database = arena_cstr(a, str_from(config->mysql_database));
    return arena_check(a);
}

enum err db_url_from_config(struct arena *a, const struct config *config, struct db_url *ret_url,
                            const char **ret_reason)
{
    struct db_url url = empty_url;
    *ret_reason = "out of memory";
    if (config->database_url[0] != '\0') {
        TRY(db_url_parse(a, str_from(config->database_url), &url, ret_reason));
    } else if (config->mysql_host[0] != '\0') {
        TRY(from_mysql_settings(a, config, &url));
    } else {
        url.path = arena_printf(a, "%s/parley.db", config->var_dir);
        TRY(arena_check(a));
    }
    if (url.kind == DB_URL_MYSQL && config->mysql_ssl_ca[0] != '\0' && url.ssl_ca[0] == '\0') {
        url.tls = DB_TLS_CHECKED;
        url.ssl_ca = arena_cstr(a, str_from(config->mysql_ssl_ca));
        TRY(arena_check(a));
    }
    *ret_url = url;
    return ERR_OK;
}
