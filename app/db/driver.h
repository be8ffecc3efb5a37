/*
 * What a database driver is, seen from the pool, db.c and migrate.c. Private to the room.
 *
 * Failures: a driver's function returns the error for the caller and, where the connection itself has changed, says so
 * in conn->state: CONN_RETRY (deadlock, lock timeout, busy: the transaction is to be rolled back and run again; the
 * error is ERR_BUSY) or CONN_LOST (the connection is of no use any more). conn->code and conn->message are for the log.
 */
#ifndef PARLEY_APP_DB_DRIVER_H
#define PARLEY_APP_DB_DRIVER_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "parley/core/arena.h"
#include "parley/core/buf.h"
#include "parley/core/limits.h"
#include "parley/db/db.h"
#include "parley/db/relay.h"
#include "parley/db/tables.h"
#include "parley/db/url.h"

/*
 * What a connection is for. All but the last have pools; those of PING, FOLLOWING (who reads the event log) and RELAYING have
 * one connection each, so that nobody who uses them waits for requests. Where several may write, a statement that changes something by
 * itself runs on one for reading, too: those for writing then begin a transaction with whatever comes first.
 */
enum conn_use {
    CONN_FOR_READING,
    CONN_FOR_WRITING,
    CONN_FOR_PING,
    CONN_FOR_FOLLOWING,
    CONN_FOR_RELAYING,
    CONN_POOL_COUNT,
    CONN_FOR_MIGRATING = CONN_POOL_COUNT
};
enum conn_state { CONN_OK, CONN_RETRY, CONN_LOST };
/* What it is doing: a statement of its own, db_read, db_run. */
enum conn_mode { CONN_AUTOCOMMIT, CONN_READING, CONN_CHANGING };

enum { CONN_MESSAGE_BYTES = 256 };

/* The common beginning of a driver's connection. One thread at a time: who has checked it out. */
struct db_conn {
    struct db *db;
    enum conn_use use;
    enum conn_state state;
    enum conn_mode mode;
    bool in_row; /* a row function runs */
    bool begun;  /* a statement has been done since it was checked out */
    int64_t idle_since_us;
    struct db_conn *next; /* in the pool's list of idle ones */
    int code;             /* the database's own code of the last failure, 0 for none */
    char message[CONN_MESSAGE_BYTES];
};

struct group_commit;

struct db_row {
    struct db_conn *conn;
};

struct db_ops {
    const char *kind;
    int schema;                   /* index into schemas[] */
    bool one_writer;              /* transactions of several threads share one commit: group_commit.h */
    const char *migrations_table; /* CREATE TABLE IF NOT EXISTS schema_migrations … */

    /* Once per db, before other threads: what the library needs. */
    enum err (*init)(struct db *db);
    /*
     * Opens one. A failure writes one line that says what is wrong and what to do into ret_error_text.
     * ERR_DATABASE_REFUSED: the server is there, and only an administrator can mend it; ERR_DATABASE; ERR_NO_MEMORY.
     */
    enum err (*open)(struct db *db, enum conn_use use, struct buf *ret_error_text, struct db_conn **ret_conn);
    void (*close)(struct db_conn *conn);
    /* Before a checkout: whether it can still be used after idle_us of rest. Also what each thread that checks one out needs. */
    bool (*alive)(struct db_conn *conn, int64_t idle_us);
    enum err (*ping)(struct db_conn *conn);
    enum err (*tidy)(struct db_conn *conn); /* db_tidy, on a connection for reading; NULL: nothing to do */

    /* Makes it ready for what comes: with CONN_AUTOCOMMIT a statement of its own, else a transaction. */
    enum err (*begin)(struct db_conn *conn, enum conn_mode mode);
    /* ERR_COMMIT_UNKNOWN: the database may or may not have committed. */
    enum err (*commit)(struct db_conn *conn);
    void (*rollback)(struct db_conn *conn);

    /* Prepares a statement that is not prepared yet. */
    enum err (*prepare)(struct db_conn *conn, enum sql id);
    /* Binds and begins. finish must follow, also after a failure. */
    enum err (*start)(struct db_conn *conn, enum sql id, struct db_args args);
    /* The next row; false at the end, which a statement without rows reaches at once. */
    enum err (*fetch)(struct db_conn *conn, bool *ret_row);
    void (*finish)(struct db_conn *conn);
    int64_t (*changed_count)(struct db_conn *conn);
    int64_t (*inserted_id)(struct db_conn *conn);

    int64_t (*column_int)(struct db_conn *conn, int column);
    double (*column_real)(struct db_conn *conn, int column);
    struct str (*column_str)(struct db_conn *conn, int column);
    bool (*column_is_null)(struct db_conn *conn, int column);

    /* db_relay, once; NULL: the log is written directly. After ERR_BUSY the connection is as good as new. */
    enum err (*relay)(struct db_conn *conn, enum db_relay when, int64_t *ret_moved_count);

    /* A fixed text without values: a step of the schema. */
    enum err (*run_text)(struct db_conn *conn, const char *text);
    /* The last failure says that a statement of the schema had been done before: the table is there already, … */
    bool (*was_done_before)(const struct db_conn *conn);
    /*
     * Between them nobody else migrates. ERR_BUSY after MIGRATION_WAIT_MAX_S. unlock with keep false takes back what
     * can be taken back.
     */
    enum err (*migration_lock)(struct db_conn *conn);
    /*
     * Before each statement of a step: still ours, for CLUSTER_LOCK_LIFE_S on a cluster, which the statement must not take
     * longer than. ERR_BUSY: no longer, or others were in the way each time. NULL: nobody can take it away.
     */
    enum err (*migration_renew)(struct db_conn *conn);
    enum err (*migration_unlock)(struct db_conn *conn, bool keep);
};

extern const struct db_ops sqlite_ops, mysql_ops;

/* Whether several servers hold the same rows and each takes writes. */
enum db_cluster { DB_CLUSTER_UNKNOWN, DB_CLUSTER_NONE, DB_CLUSTER_GALERA, DB_CLUSTER_GROUP_REPLICATION };

struct db {
    const struct db_ops *ops;
    struct arena *arena; /* of url's texts */
    struct db_url url;
    int connect_timeout_s, query_timeout_s;
    struct pool *pools[CONN_POOL_COUNT];
    struct group_commit *group_commit; /* NULL: every transaction commits by itself */
    pthread_key_t thread_key;          /* MySQL: each thread that has called the client library */
    bool has_thread_key;
    atomic_bool held;   /* no checkouts: db_hold */
    atomic_int cluster; /* enum db_cluster, as the driver finds it */
};

/* Notes a failure in the connection and returns err. message may be NULL. */
enum err conn_fail(struct db_conn *conn, enum err e, int code, const char *message);

#endif
