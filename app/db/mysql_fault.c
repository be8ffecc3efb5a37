/* What the server's and the client library's codes mean to us. */
#include "mysql.h"

#include <mysqld_error.h>
#include <string.h>

/* Codes that only one of the libraries' headers names. */
enum {
    CR_FIRST = 2000, /* the client library's own codes begin here: the connection is lost */
    CR_LAST = 2999,
    CR_OUT_OF_MEMORY_CODE = 2008,
    ER_MARIADB_CONNECTION_KILLED = 1927,
    ER_MYSQL_QUERY_TIMEOUT = 3024,
    ER_MYSQL_ROLLBACK_DURING_COMMIT = 3101, /* group replication: another node was first */
    ER_MYSQL_LOCK_NOWAIT = 3572,
    ER_MYSQL_IDLE_TOO_LONG = 4031,
    CLIENT_LIBRARY_LOST = 5000, /* MariaDB's own range of client errors */
};

struct meaning {
    unsigned code;
    enum err err;
    enum conn_state state;
};
static const struct meaning meanings[] = {
    { ER_DUP_ENTRY, ERR_CONFLICT, CONN_OK },
    { ER_DUP_ENTRY_WITH_KEY_NAME, ERR_CONFLICT, CONN_OK },
    { ER_NO_REFERENCED_ROW, ERR_NOT_FOUND, CONN_OK },
    { ER_NO_REFERENCED_ROW_2, ERR_NOT_FOUND, CONN_OK },
    { ER_ROW_IS_REFERENCED, ERR_CONFLICT, CONN_OK },
    { ER_ROW_IS_REFERENCED_2, ERR_CONFLICT, CONN_OK },
    { ER_LOCK_DEADLOCK, ERR_BUSY, CONN_RETRY },
    { ER_LOCK_WAIT_TIMEOUT, ERR_BUSY, CONN_RETRY },
    { ER_CHECKREAD, ERR_BUSY, CONN_RETRY }, /* MariaDB: the row has changed since this transaction's snapshot */
    { ER_ERROR_DURING_COMMIT, ERR_BUSY, CONN_RETRY }, /* Galera */
    { ER_MYSQL_ROLLBACK_DURING_COMMIT, ERR_BUSY, CONN_RETRY },
    { ER_MYSQL_LOCK_NOWAIT, ERR_BUSY, CONN_RETRY },
    { ER_MARIADB_STATEMENT_TIMEOUT, ERR_BUSY, CONN_OK },
    { ER_MYSQL_QUERY_TIMEOUT, ERR_BUSY, CONN_OK },
    { ER_QUERY_INTERRUPTED, ERR_BUSY, CONN_OK },
    { ER_SERVER_SHUTDOWN, ERR_DATABASE, CONN_LOST },
    { ER_MARIADB_CONNECTION_KILLED, ERR_DATABASE, CONN_LOST },
    { ER_MYSQL_IDLE_TOO_LONG, ERR_DATABASE, CONN_LOST },
    { ER_OPTION_PREVENTS_STATEMENT, ERR_DATABASE, CONN_LOST }, /* read-only: another server is the primary now */
    { ER_READ_ONLY_MODE, ERR_DATABASE, CONN_LOST },
    { ER_UNKNOWN_COM_ERROR, ERR_DATABASE, CONN_LOST }, /* Galera: this node is not ready */
    { ER_UNKNOWN_STMT_HANDLER, ERR_DATABASE, CONN_LOST },
    { ER_NEED_REPREPARE, ERR_DATABASE, CONN_LOST },
    { ER_MAX_PREPARED_STMT_COUNT_REACHED, ERR_DATABASE, CONN_LOST },
    { ER_DISK_FULL, ERR_DISK_FULL, CONN_OK },
    { ER_RECORD_FILE_FULL, ERR_DISK_FULL, CONN_OK },
    { ER_OUTOFMEMORY, ERR_DATABASE, CONN_OK },
    { ER_OUT_OF_RESOURCES, ERR_DATABASE, CONN_OK },
};

/*
 * On a cluster two that take the same seq on different nodes may hear of it by the unique key and not as a deadlock. seqs are
 * given out under the chat's lock, so that is a race that was lost, and nothing that the caller has done.
 */
static bool is_lost_seq(unsigned code, const char *message)
{
    return (code == ER_DUP_ENTRY || code == ER_DUP_ENTRY_WITH_KEY_NAME) && strstr(message, "messages_seq'") != NULL;
}

enum err mysql_fail(struct mysql_conn *c, unsigned code, const char *message)
{
    if (is_lost_seq(code, message)) {
        c->base.state = CONN_RETRY;
        return conn_fail(&c->base, ERR_BUSY, (int)code, message);
    }
    for (size_t i = 0; i < COUNT_OF(meanings); i++) {
        if (meanings[i].code == code) {
            c->base.state = meanings[i].state;
            return conn_fail(&c->base, meanings[i].err, (int)code, message);
        }
    }
    if ((code >= CR_FIRST && code <= CR_LAST) || code >= CLIENT_LIBRARY_LOST) {
        c->base.state = CONN_LOST;
        return conn_fail(&c->base, code == CR_OUT_OF_MEMORY_CODE ? ERR_NO_MEMORY : ERR_DATABASE, (int)code, message);
    }
    return conn_fail(&c->base, ERR_INTERNAL, (int)code, message);
}
