/*
 * What is different where several servers hold the same rows and each takes writes (Galera, Group Replication). A lock lives
 * on one of them: so who migrates there has a row that runs out, and not GET_LOCK, which each node has for itself.
 */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "mysql.h"
#include "parley/core/clock.h"
#include "parley/core/limits.h"

/* The lock is asked for in turn with others; one whose holder has died is free after CLUSTER_LOCK_LIFE_S. */
enum { LOCK_PIECE_S = 2, CLUSTER_LOCK_PAUSE_MS = 200, CLUSTER_LOCK_TRIES = 5, TEXT_BYTES = 400 };

static enum err fail_handle(struct mysql_conn *c)
{
    return mysql_fail(c, mysql_errno(c->handle), mysql_error(c->handle));
}

/* The first column of the first row; "" where there is none. */
static enum err ask(struct mysql_conn *c, const char *text, char *ret_value, size_t room_bytes)
{
    MYSQL_RES *result;
    MYSQL_ROW row;

    if (mysql_real_query(c->handle, text, (unsigned long)strlen(text)) != 0)
        return fail_handle(c);
    result = mysql_store_result(c->handle);
    if (result == NULL)
        return fail_handle(c);
    row = mysql_fetch_row(result);
    snprintf(ret_value, room_bytes, "%s", row != NULL && row[0] != NULL ? row[0] : "");
    mysql_free_result(result);
    return ERR_OK;
}

/* ---- whether there is one ---- */

/*
 * Once in the life of the process, by its first connection: servers do not become a cluster under it. Galera is known by
 * what it is loaded from, which MariaDB and Percona XtraDB Cluster both show; wsrep_on is no global variable of the latter.
 */
enum err mysql_cluster_look(struct mysql_conn *c)
{
    static const char text[] =
        "SHOW GLOBAL VARIABLES WHERE (Variable_name = 'wsrep_provider' AND Value NOT IN ('', 'none')) "
        "OR (Variable_name = 'group_replication_group_name' AND Value <> '')";
    struct db *db = c->base.db;
    char name[64] = "";

    if (atomic_load(&db->cluster) != DB_CLUSTER_UNKNOWN)
        return ERR_OK;
    TRY(ask(c, text, name, sizeof(name)));
    atomic_store(&db->cluster, name[0] == '\0'                       ? DB_CLUSTER_NONE
                               : strcmp(name, "wsrep_provider") == 0 ? DB_CLUSTER_GALERA
                                                                     : DB_CLUSTER_GROUP_REPLICATION);
    return ERR_OK;
}

/* What a node of Galera has not applied yet is waited for: who has just signed in at one node is known at the next. */
const char *mysql_cluster_session(const struct mysql_conn *c)
{
    bool waits = c->base.use == CONN_FOR_READING || c->base.use == CONN_FOR_WRITING ||
                 c->base.use == CONN_FOR_MIGRATING;

    return waits && atomic_load(&c->base.db->cluster) == DB_CLUSTER_GALERA ? ", SESSION wsrep_sync_wait = 1" : "";
}

/* ---- one server ---- */

static enum err server_lock_take(struct mysql_conn *c, bool *ret_locked)
{
    char text[TEXT_BYTES], value[8] = "";

    snprintf(text, sizeof(text), "SELECT GET_LOCK(CONCAT('parley ', LEFT(SHA2(DATABASE(), 256), 48)), %d)",
             LOCK_PIECE_S);
    TRY(ask(c, text, value, sizeof(value)));
    *ret_locked = strcmp(value, "1") == 0;
    return ERR_OK;
}

/* ---- a cluster ---- */

static bool is_cluster(const struct mysql_conn *c)
{
    return db_is_cluster(c->base.db);
}

static void pause_a_moment(void)
{
    const struct timespec pause = { .tv_nsec = CLUSTER_LOCK_PAUSE_MS * 1000 * 1000 };

    (void)nanosleep(&pause, NULL);
}

/* ERR_BUSY says nothing of whose it is. *ret_written: the row was there to be written. */
static enum err cluster_lock_write_once(struct mysql_conn *c, const char *text, bool *ret_written)
{
    enum err e = ERR_OK;

    if (mysql_real_query(c->handle, text, (unsigned long)strlen(text)) != 0)
        e = fail_handle(c);
    if (e == ERR_OK)
        *ret_written = mysql_affected_rows(c->handle) == 1;
    else if (e == ERR_BUSY)
        c->base.state = CONN_OK;
    return e;
}

/* Two nodes that write the row at once: one of them is told of a deadlock, or waits in vain, and tries again. */
static enum err cluster_lock_write(struct mysql_conn *c, const char *text, bool *ret_written)
{
    enum err e = cluster_lock_write_once(c, text, ret_written);

    for (int i = 1; e == ERR_BUSY && i < CLUSTER_LOCK_TRIES; i++) {
        pause_a_moment();
        e = cluster_lock_write_once(c, text, ret_written);
    }
    return e;
}

static enum err cluster_lock_make(struct mysql_conn *c)
{
    bool is_made;

    TRY(cluster_lock_write(c,
                           "CREATE TABLE IF NOT EXISTS schema_lock (id TINYINT NOT NULL PRIMARY KEY, "
                           "holder VARCHAR(36) NOT NULL, until_s BIGINT NOT NULL) ENGINE = InnoDB",
                           &is_made));
    return cluster_lock_write(c, "INSERT IGNORE INTO schema_lock (id, holder, until_s) VALUES (1, '', 0)", &is_made);
}

/* Takes it, or renews it. */
static enum err cluster_lock_take(struct mysql_conn *c, bool *ret_locked)
{
    char text[TEXT_BYTES];

    snprintf(text, sizeof(text),
             "UPDATE schema_lock SET holder = '%s', until_s = UNIX_TIMESTAMP() + %d "
             "WHERE id = 1 AND (holder = '%s' OR until_s < UNIX_TIMESTAMP())",
             c->lock_holder, CLUSTER_LOCK_LIFE_S, c->lock_holder);
    return cluster_lock_write(c, text, ret_locked);
}

static enum err cluster_lock_release(struct mysql_conn *c)
{
    char text[TEXT_BYTES];
    bool is_ours;

    snprintf(text, sizeof(text), "UPDATE schema_lock SET until_s = 0 WHERE id = 1 AND holder = '%s'", c->lock_holder);
    return cluster_lock_write(c, text, &is_ours);
}

/* ---- both ---- */

static enum err lock_begin(struct mysql_conn *c)
{
    struct uuid holder = uuid_new_random();

    uuid_format(&holder, c->lock_holder);
    return is_cluster(c) ? cluster_lock_make(c) : ERR_OK;
}

/* GET_LOCK waits by itself. */
static enum err lock_try(struct mysql_conn *c, bool *ret_locked)
{
    enum err e;

    if (!is_cluster(c))
        return server_lock_take(c, ret_locked);
    e = cluster_lock_take(c, ret_locked);
    if (e == ERR_BUSY)
        *ret_locked = false;
    else if (e == ERR_OK && !*ret_locked)
        pause_a_moment();
    return e == ERR_BUSY ? ERR_OK : e;
}

/* A server takes its lock back from whoever dies. */
static const char *wait_fault(const struct mysql_conn *c)
{
    return is_cluster(c) ? "waited for it in vain; one that was killed keeps it for an hour, unless you say UPDATE "
                           "schema_lock SET until_s = 0"
                         : "waited for it in vain";
}

enum err mysql_migration_lock(struct db_conn *conn)
{
    int64_t until_us = clock_monotonic_us() + MIGRATION_WAIT_MAX_S * US_PER_S;

    TRY(lock_begin(mysql_of(conn)));
    for (;;) {
        bool locked = false;

        TRY(lock_try(mysql_of(conn), &locked));
        if (locked)
            return ERR_OK;
        if (clock_monotonic_us() > until_us)
            return conn_fail(conn, ERR_BUSY, 0, wait_fault(mysql_of(conn)));
    }
}

/* A lock of one server stays with the connection. */
enum err mysql_migration_renew(struct db_conn *conn)
{
    struct mysql_conn *c = mysql_of(conn);
    bool locked = true;

    if (is_cluster(c))
        TRY(cluster_lock_take(c, &locked));
    return locked ? ERR_OK : conn_fail(conn, ERR_BUSY, 0, "another process has taken over");
}

/* The connection is closed next, which would release a server's lock too. */
enum err mysql_migration_unlock(struct db_conn *conn, bool keep)
{
    struct mysql_conn *c = mysql_of(conn);
    char value[8] = "";

    (void)keep;
    if (is_cluster(c))
        return cluster_lock_release(c);
    return ask(c, "SELECT RELEASE_LOCK(CONCAT('parley ', LEFT(SHA2(DATABASE(), 256), 48)))", value, sizeof(value));
}
