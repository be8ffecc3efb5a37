#include "mysql.h"

#include <mysqld_error.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "parley/core/clock.h"

/* An idle connection older than this is asked whether it lives; younger ones are only looked at. */
enum { PING_AFTER_MS = 5000 };

/*
 * The server ends a relay's connection that says nothing for so long, and its transaction with it: one whose step has failed
 * and whose process was stopped before it could roll back.
 */
#define RELAY_SILENT_MAX_S "5"

static enum err fail_handle(struct mysql_conn *c)
{
    return mysql_fail(c, mysql_errno(c->handle), mysql_error(c->handle));
}

/* Sends a fixed text, maybe of several statements, and reads all results away. */
static enum err run_text(struct db_conn *conn, const char *text)
{
    struct mysql_conn *c = mysql_of(conn);
    int more = 0;
    if (mysql_real_query(c->handle, text, (unsigned long)strlen(text)) != 0)
        return fail_handle(c);
    do {
        MYSQL_RES *result = mysql_store_result(c->handle);
        if (result != NULL)
            mysql_free_result(result);
        else if (mysql_errno(c->handle) != 0)
            return fail_handle(c);
        more = mysql_next_result(c->handle);
    } while (more == 0);
    return more > 0 ? fail_handle(c) : ERR_OK;
}

static void end_thread(void *arg)
{
    (void)arg;
    mysql_thread_end();
}

static enum err mysql_driver_init(struct db *db)
{
    if (mysql_library_init(0, NULL, NULL) != 0)
        return ERR_NO_MEMORY;
    if (pthread_key_create(&db->thread_key, end_thread) != 0)
        return ERR_NO_MEMORY;
    db->has_thread_key = true;
    return ERR_OK;
}

/* The library wants to know each thread that calls it, and its end. */
static void enter_thread(struct db *db)
{
    if (pthread_getspecific(db->thread_key) != NULL)
        return;
    mysql_thread_init();
    pthread_setspecific(db->thread_key, db);
}

/* The two libraries differ in how TLS is asked for. */
#ifdef MARIADB_VERSION_ID
static void ask_for_tls(MYSQL *handle, const struct db_url *url)
{
    mysql_flag yes = 1;
    mysql_flag check = url->tls == DB_TLS_CHECKED;
    if (url->tls != DB_TLS_OFF)
        mysql_options(handle, MYSQL_OPT_SSL_ENFORCE, &yes);
    mysql_options(handle, MYSQL_OPT_SSL_VERIFY_SERVER_CERT, &check);
}
#else
static void ask_for_tls(MYSQL *handle, const struct db_url *url)
{
    unsigned mode = url->tls == DB_TLS_OFF   ? SSL_MODE_PREFERRED
                    : url->tls == DB_TLS_ANY ? SSL_MODE_REQUIRED
                                             : SSL_MODE_VERIFY_IDENTITY;
    bool yes = true;
    mysql_options(handle, MYSQL_OPT_SSL_MODE, &mode);
    /* caching_sha2_password without TLS: the password goes out under the server's RSA key. MariaDB's library asks for
     * that key by itself. */
    mysql_options(handle, MYSQL_OPT_GET_SERVER_PUBLIC_KEY, &yes);
}
#endif

static void set_options(struct mysql_conn *c)
{
    const struct db *db = c->base.db;
    unsigned connect_s = (unsigned)db->connect_timeout_s;
    unsigned answer_s = (unsigned)db->query_timeout_s + DB_LOCK_WAIT_MAX_S;
    if (c->base.use >= CONN_FOR_PING && c->base.use < CONN_POOL_COUNT) {
        answer_s = DB_PING_MAX_S;
        connect_s = connect_s < DB_PING_MAX_S ? connect_s : DB_PING_MAX_S;
    }
    mysql_options(c->handle, MYSQL_OPT_CONNECT_TIMEOUT, &connect_s);
    if (c->base.use != CONN_FOR_MIGRATING) {
        mysql_options(c->handle, MYSQL_OPT_READ_TIMEOUT, &answer_s);
        mysql_options(c->handle, MYSQL_OPT_WRITE_TIMEOUT, &answer_s);
    }
    mysql_options(c->handle, MYSQL_SET_CHARSET_NAME, "utf8mb4");
    if (db->url.ssl_ca[0] != '\0')
        mysql_options(c->handle, MYSQL_OPT_SSL_CA, db->url.ssl_ca);
    ask_for_tls(c->handle, &db->url);
}

/*
 * With autocommit off a transaction begins with its first statement, so those for writing spend no message on beginning
 * one. max_statement_time is MariaDB's and counts everything; max_execution_time is MySQL's and counts SELECTs.
 */
static enum err set_session(struct mysql_conn *c)
{
    char text[700];
    bool limited = c->base.use != CONN_FOR_MIGRATING;
    bool mariadb = strstr(mysql_get_server_info(c->handle), "MariaDB") != NULL;
    int timeout_s = limited ? c->base.db->query_timeout_s : 0;
    bool relays = c->base.use == CONN_FOR_RELAYING;
    TRY(mysql_cluster_look(c));
    snprintf(text, sizeof(text),
             "SET NAMES utf8mb4 COLLATE utf8mb4_bin; "
             "SET SESSION sql_mode = 'STRICT_TRANS_TABLES,NO_ZERO_IN_DATE,NO_ZERO_DATE,ERROR_FOR_DIVISION_BY_ZERO,"
             "NO_ENGINE_SUBSTITUTION', SESSION time_zone = '+00:00', SESSION innodb_lock_wait_timeout = %d, "
             "SESSION autocommit = %d, SESSION %s = %d%s%s; "
             "SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED",
             relays ? DB_RELAY_WAIT_MAX_S : DB_LOCK_WAIT_MAX_S, c->base.use != CONN_FOR_WRITING,
             mariadb ? "max_statement_time" : "max_execution_time", mariadb ? timeout_s : timeout_s * 1000,
             relays ? ", SESSION wait_timeout = " RELAY_SILENT_MAX_S : "", mysql_cluster_session(c));
    return run_text(&c->base, text);
}

static enum err connect_handle(struct mysql_conn *c)
{
    const struct db_url *url = &c->base.db->url;
    bool local = url->socket[0] != '\0';
    /* Several statements in one message: for the fixed texts of this file only. */
    unsigned long flags = CLIENT_FOUND_ROWS | CLIENT_MULTI_STATEMENTS;
    /* "localhost" would mean a unix socket of the library's choice. */
    const char *host = strcmp(url->host, "localhost") == 0 ? "127.0.0.1" : url->host;
    if (mysql_real_connect(c->handle, local ? NULL : host, url->user, url->password, url->database,
                           local ? 0 : (unsigned)url->port, local ? url->socket : NULL, flags) == NULL)
        return fail_handle(c);
    return set_session(c);
}

static void mysql_driver_close(struct db_conn *conn)
{
    struct mysql_conn *c = mysql_of(conn);
    enter_thread(conn->db);
    mysql_free_statements(c);
    if (c->handle != NULL)
        mysql_close(c->handle);
    free(c);
}

static size_t most_params(void)
{
    size_t most = 1;
    for (enum sql id = SQL_NONE_; id < SQL_COUNT; id++)
        most = statements[id].param_count > most ? statements[id].param_count : most;
    return most;
}

static const char *advice(int code)
{
    switch (code) {
    case ER_ACCESS_DENIED_ERROR:
    case ER_DBACCESS_DENIED_ERROR:
        return "check MYSQL_USER and MYSQL_PASSWORD (or DATABASE_URL), and that this user may use the database";
    case ER_BAD_DB_ERROR: return "make the database (CREATE DATABASE …) or correct MYSQL_DATABASE";
    case ER_CON_COUNT_ERROR: return "lower DB_POOL_MAX_SIZE or raise the server's max_connections";
    default: return "check MYSQL_HOST and MYSQL_PORT (or DATABASE_URL), and that the server runs";
    }
}

static void write_fault(const struct mysql_conn *c, struct buf *ret_error_text)
{
    const struct db_url *url = &c->base.db->url;
    if (url->socket[0] != '\0')
        buf_addf(ret_error_text, "cannot use the MySQL server at %s: ", url->socket);
    else
        buf_addf(ret_error_text, "cannot use the MySQL server at %s:%d: ", url->host, url->port);
    buf_addf(ret_error_text, "%s (%d); %s", c->base.message, c->base.code, advice(c->base.code));
}

static enum err mysql_driver_open(struct db *db, enum conn_use use, struct buf *ret_error_text,
                                  struct db_conn **ret_conn)
{
    struct mysql_conn *c;
    enum err e = ERR_NO_MEMORY;
    enter_thread(db);
    c = calloc(1, sizeof(*c));
    if (c == NULL)
        return ERR_NO_MEMORY;
    c->base = (struct db_conn){ .db = db, .use = use, .idle_since_us = clock_monotonic_us() };
    c->params = calloc(most_params(), sizeof(*c->params));
    c->handle = mysql_init(NULL);
    if (c->params != NULL && c->handle != NULL) {
        set_options(c);
        e = connect_handle(c);
    }
    if (e != ERR_OK) {
        bool refused = mysql_is_refusal(c->base.code);
        write_fault(c, ret_error_text);
        mysql_driver_close(&c->base);
        return e == ERR_NO_MEMORY ? e : refused ? ERR_DATABASE_REFUSED : ERR_DATABASE;
    }
    *ret_conn = &c->base;
    return ERR_OK;
}

/* A server that has closed the connection has left something to be read: its end. */
static bool is_closed_by_server(MYSQL *handle)
{
    struct pollfd socket = { .fd = (int)handle->net.fd, .events = POLLIN };
    return poll(&socket, 1, 0) != 0;
}

static bool mysql_driver_alive(struct db_conn *conn, int64_t idle_us)
{
    MYSQL *handle;
    enter_thread(conn->db);
    handle = mysql_of(conn)->handle;
    if (is_closed_by_server(handle))
        return false;
    return idle_us < PING_AFTER_MS * US_PER_MS || mysql_ping(handle) == 0;
}

static enum err mysql_driver_ping(struct db_conn *conn)
{
    struct mysql_conn *c = mysql_of(conn);
    enter_thread(conn->db);
    return mysql_ping(c->handle) == 0 ? ERR_OK : fail_handle(c);
}

/* Nothing is sent: with READ COMMITTED a transaction of readings would give them no common state. */
static enum err mysql_driver_begin(struct db_conn *conn, enum conn_mode mode)
{
    (void)mode;
    enter_thread(conn->db);
    return ERR_OK;
}

static void mysql_driver_rollback(struct db_conn *conn)
{
    enum conn_state state = conn->state;
    int code = conn->code;
    if (conn->mode == CONN_READING)
        return;
    if (run_text(conn, "ROLLBACK") != ERR_OK)
        state = CONN_LOST;
    conn->state = state;
    conn->code = code;
}

static enum err mysql_driver_commit(struct db_conn *conn)
{
    enum err e = run_text(conn, "COMMIT");
    if (e == ERR_OK || conn->state == CONN_RETRY)
        return e;
    if (conn->state == CONN_LOST || conn->code == ER_QUERY_INTERRUPTED || conn->code == ER_MARIADB_STATEMENT_TIMEOUT) {
        conn->state = CONN_LOST;
        return ERR_COMMIT_UNKNOWN;
    }
    return ERR_DATABASE;
}

static bool mysql_was_done_before(const struct db_conn *conn)
{
    switch (conn->code) {
    case ER_TABLE_EXISTS_ERROR:
    case ER_BAD_TABLE_ERROR:
    case ER_DUP_FIELDNAME:
    case ER_DUP_KEYNAME:
    case ER_CANT_DROP_FIELD_OR_KEY:
    case ER_DUP_CONSTRAINT_NAME: return true;
    default: return false;
    }
}

const struct db_ops mysql_ops = {
    .kind = "mysql",
    .schema = SCHEMA_MYSQL,
    .migrations_table = "CREATE TABLE IF NOT EXISTS schema_migrations (version BIGINT NOT NULL, "
                        "name VARCHAR(255) NOT NULL, checksum VARCHAR(64) NOT NULL, statements_done BIGINT NOT NULL, "
                        "statement_count BIGINT NOT NULL, applied_us BIGINT NOT NULL, PRIMARY KEY (version)) "
                        "ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin",
    .init = mysql_driver_init,
    .open = mysql_driver_open,
    .close = mysql_driver_close,
    .alive = mysql_driver_alive,
    .ping = mysql_driver_ping,
    .begin = mysql_driver_begin,
    .commit = mysql_driver_commit,
    .rollback = mysql_driver_rollback,
    .prepare = mysql_statement_prepare,
    .start = mysql_statement_start,
    .fetch = mysql_statement_fetch,
    .finish = mysql_statement_finish,
    .changed_count = mysql_statement_changed,
    .inserted_id = mysql_statement_inserted,
    .column_int = mysql_column_int,
    .column_real = mysql_column_real,
    .column_str = mysql_column_str,
    .column_is_null = mysql_column_is_null,
    .relay = mysql_relay_step,
    .run_text = run_text,
    .was_done_before = mysql_was_done_before,
    .migration_lock = mysql_migration_lock,
    .migration_renew = mysql_migration_renew,
    .migration_unlock = mysql_migration_unlock,
};
