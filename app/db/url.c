#include "parley/db/url.h"

#include <string.h>

#include "parley/core/percent.h"
#include "parley/core/url.h"

static const char *const bad_form =
    "DATABASE_URL must look like sqlite:///file or mysql://user:password@host:port/database";

static enum err set(struct arena *a, struct str s, const char **ret_text, const char **ret_reason)
{
    enum err e = percent_decode(a, s, PLUS_LITERAL, ret_text);
    if (e == ERR_INVALID)
        *ret_reason = "DATABASE_URL holds a % that is no percent-encoding; write %25 for the sign itself";
    return e;
}

static enum err parse_sqlite(struct arena *a, const struct url *parts, struct db_url *url, const char **ret_reason)
{
    if (parts->query.len > 0) {
        *ret_reason = "DATABASE_URL: a sqlite: address takes no options";
        return ERR_INVALID;
    }
    url->kind = DB_URL_SQLITE;
    TRY(set(a, str_tail(parts->path, 1), &url->path, ret_reason));
    if (parts->user.ptr != NULL || parts->host_port.len > 0 || url->path[0] == '\0' ||
        strcmp(url->path, ":memory:") == 0) {
        *ret_reason =
            "DATABASE_URL: write sqlite:///file or sqlite:////absolute/file; a database in memory is not kept";
        return ERR_INVALID;
    }
    return ERR_OK;
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

/* The host may be a percent-encoded path of a unix socket. */
static enum err parse_host(struct arena *a, const struct url *parts, struct db_url *url, const char **ret_reason)
{
    if (url_port(parts, 3306, &url->port) != ERR_OK) {
        *ret_reason = "DATABASE_URL: the port is a number from 1 to 65535";
        return ERR_INVALID;
    }
    TRY(set(a, parts->host, &url->host, ret_reason));
    if (url->host[0] == '/')
        url->socket = url->host;
    return ERR_OK;
}

static enum err parse_mysql(struct arena *a, const struct url *parts, struct db_url *url, const char **ret_reason)
{
    struct str options = parts->query;
    struct str option;
    url->kind = DB_URL_MYSQL;
    TRY(set(a, parts->password, &url->password, ret_reason));
    TRY(set(a, parts->user, &url->user, ret_reason));
    TRY(parse_host(a, parts, url, ret_reason));
    TRY(set(a, str_tail(parts->path, 1), &url->database, ret_reason));
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

enum err db_url_parse(struct arena *a, struct str text, struct db_url *ret_url, const char **ret_reason)
{
    struct db_url url = empty_url;
    struct url parts;
    enum err e = ERR_INVALID;
    *ret_reason = bad_form;
    TRY(url_split(text, URL_QUERY, &parts));
    (void)str_cut(&parts.scheme, '+');
    if (str_eq_c(parts.scheme, "sqlite"))
        e = parse_sqlite(a, &parts, &url, ret_reason);
    else if (str_eq_c(parts.scheme, "mysql") || str_eq_c(parts.scheme, "mariadb"))
        e = parse_mysql(a, &parts, &url, ret_reason);
    else if (str_starts_with(text, STR("postgres")))
        *ret_reason = "PostgreSQL is not supported; use mysql://user:password@host:port/database";
    if (e == ERR_OK)
        *ret_url = url;
    return e;
}

static enum err from_mysql_settings(struct arena *a, const struct config *config, struct db_url *url)
{
    url->kind = DB_URL_MYSQL;
    url->port = (int)config->mysql_port;
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
