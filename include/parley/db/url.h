/*
 * Where the database is: DATABASE_URL in the forms that SQLAlchemy's users write, or the MYSQL_* settings.
 */
#ifndef PARLEY_DB_URL_H
#define PARLEY_DB_URL_H

#include "parley/core/arena.h"
#include "parley/core/config.h"
#include "parley/core/err.h"
#include "parley/core/str.h"

enum db_url_kind { DB_URL_SQLITE, DB_URL_MYSQL };
/* TLS to a MySQL server: not asked for; asked for, any certificate; asked for, the certificate checked. */
enum db_url_tls { DB_TLS_OFF, DB_TLS_ANY, DB_TLS_CHECKED };

/* All text is NUL-ended and in the arena; what is not given is "" (never NULL). */
struct db_url {
    enum db_url_kind kind;
    const char *path;   /* SQLite: the file; as written, so relative paths count from the working directory */
    const char *host;   /* MySQL */
    const char *socket; /* MySQL: unix socket; used instead of host and port when not "" */
    int port;
    const char *user, *password, *database;
    enum db_url_tls tls;
    const char *ssl_ca; /* "" with DB_TLS_CHECKED: the system's certificates */
};

/*
 * Parses sqlite:///relative, sqlite:////absolute, sqlite+aiosqlite:///…, mysql://user:password@host:port/database,
 * mysql+<driver>://…, mariadb://…; user, password, host and path may be percent-encoded. Options behind ?, for MySQL:
 * unix_socket=path, ssl=true|false, ssl_ca=path, charset=… (ignored: it is utf8mb4).
 * Returns ERR_OK, ERR_NO_MEMORY, or ERR_INVALID with *ret_reason, one sentence in the arena that names no value.
 */
enum err db_url_parse(struct arena *a, struct str text, struct db_url *ret_url, const char **ret_reason) MUST_CHECK;

/* The same from the settings: DATABASE_URL, else MYSQL_HOST …, else the file parley.db in VAR_DIR. */
enum err db_url_from_config(struct arena *a, const struct config *config, struct db_url *ret_url,
                            const char **ret_reason) MUST_CHECK;

#endif
