#include "sqlite.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "parley/core/clock.h"
#include "parley/core/path.h"
#include "parley/core/rand.h"

/*
 * WAL: readers never wait for the writer. synchronous=FULL: a commit is on the disk when it returns. The caches are
 * small, since the kernel keeps the file's pages anyway and mmap reads them without a copy.
 */
static const char common_pragmas[] = "PRAGMA synchronous = FULL;"
                                     "PRAGMA foreign_keys = ON;"
                                     "PRAGMA trusted_schema = OFF;"
                                     "PRAGMA mmap_size = 268435456;"
                                     "PRAGMA journal_size_limit = 67108864;";
/* What is deleted is overwritten: Debian's default leaves it in pages that stay in use. */
static const char writer_pragmas[] = "PRAGMA cache_size = -2048; PRAGMA wal_autocheckpoint = 1000;"
                                     "PRAGMA secure_delete = ON;";
static const char reader_pragmas[] = "PRAGMA cache_size = -512; PRAGMA query_only = ON;";

enum { TIDY_WAIT_MAX_MS = 50 };
enum { PROGRESS_STEPS = 20000, LOOKASIDE_BYTES = 512, LOOKASIDE_COUNT = 32 };

/* Stops a statement that takes too long. */
static int progress(void *arg)
{
    const struct sqlite_conn *c = arg;
    return clock_monotonic_us() > c->deadline_us;
}

/* Another process writes: look again soon, at odd moments, until DB_LOCK_WAIT_MAX_S have passed. */
static int busy(void *arg, int tries)
{
    const struct sqlite_conn *c = arg;
    uint64_t most_us;
    if (clock_monotonic_us() > c->wait_until_us)
        return 0;
    most_us = tries < 4 ? 500 : 4000;
    usleep((useconds_t)(100 + rand_below(most_us)));
    return 1;
}

void sqlite_start_clock(struct sqlite_conn *c)
{
    int64_t now_us = clock_monotonic_us();
    c->deadline_us = now_us + c->base.db->query_timeout_s * US_PER_S;
    c->wait_until_us = now_us + DB_LOCK_WAIT_MAX_S * US_PER_S;
}

static enum err step(struct sqlite_conn *c, sqlite3_stmt *stmt)
{
    int rc;
    enum err e;
    sqlite_start_clock(c);
    rc = sqlite3_step(stmt);
    e = rc == SQLITE_DONE || rc == SQLITE_ROW ? ERR_OK : sqlite_fail(c, rc, STATEMENT_SELECT);
    sqlite3_reset(stmt);
    return e;
}

static enum err run_text(struct db_conn *conn, const char *text)
{
    struct sqlite_conn *c = sqlite_of(conn);
    int rc;
    sqlite_start_clock(c);
    c->deadline_us = INT64_MAX; /* a step of the schema may rebuild a large table */
    rc = sqlite3_exec(c->handle, text, NULL, NULL, NULL);
    return rc == SQLITE_OK ? ERR_OK : sqlite_fail(c, rc, STATEMENT_SELECT);
}

static enum err sqlite_init(struct db *db)
{
    (void)db;
    /* Its own count of memory costs a lock per allocation. Refused, which is fine, once SQLite is in use. */
    sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
    return sqlite3_initialize() == SQLITE_OK ? ERR_OK : ERR_NO_MEMORY;
}

/* The file is made readable by its owner only; so are those that SQLite puts beside it. Its folder, if need be, too. */
static void make_file(const char *path)
{
    int fd;

    /* If that cannot be, opening the database says so. */
    (void)!path_make_parent(path, 0700);
    fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd >= 0)
        close(fd);
}

/* Changing to WAL does not wait for others as the busy handler would have it, so it is tried again. */
static enum err use_wal(struct sqlite_conn *c)
{
    int64_t until_us = clock_monotonic_us() + DB_LOCK_WAIT_MAX_S * US_PER_S;
    for (;;) {
        int rc;
        sqlite_start_clock(c);
        rc = sqlite3_exec(c->handle, "PRAGMA journal_mode = WAL", NULL, NULL, NULL);
        if (rc == SQLITE_OK)
            return ERR_OK;
        if ((rc & 0xff) != SQLITE_BUSY || clock_monotonic_us() > until_us)
            return sqlite_fail(c, rc, STATEMENT_SELECT);
        usleep((useconds_t)(1000 + rand_below(4000)));
    }
}

static enum err prepare_text(struct sqlite_conn *c, const char *text, sqlite3_stmt **ret_stmt)
{
    int rc = sqlite3_prepare_v3(c->handle, text, -1, SQLITE_PREPARE_PERSISTENT, ret_stmt, NULL);
    return rc == SQLITE_OK ? ERR_OK : sqlite_fail(c, rc, STATEMENT_SELECT);
}

static enum err set_up(struct sqlite_conn *c)
{
    bool writes;
    sqlite3_extended_result_codes(c->handle, 1);
    sqlite3_db_config(c->handle, SQLITE_DBCONFIG_LOOKASIDE, NULL, LOOKASIDE_BYTES, LOOKASIDE_COUNT);
    sqlite3_db_config(c->handle, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
    sqlite3_db_config(c->handle, SQLITE_DBCONFIG_DQS_DML, 0, NULL);
    sqlite3_db_config(c->handle, SQLITE_DBCONFIG_DQS_DDL, 0, NULL);
    sqlite3_busy_handler(c->handle, busy, c);
    sqlite3_progress_handler(c->handle, PROGRESS_STEPS, progress, c);
    writes = c->base.use == CONN_FOR_WRITING || c->base.use == CONN_FOR_MIGRATING;
    TRY(use_wal(c));
    TRY(run_text(&c->base, common_pragmas));
    TRY(run_text(&c->base, writes ? writer_pragmas : reader_pragmas));
    TRY(prepare_text(c, "BEGIN IMMEDIATE", &c->begin_write));
    TRY(prepare_text(c, "BEGIN", &c->begin_read));
    TRY(prepare_text(c, "COMMIT", &c->commit));
    return prepare_text(c, "ROLLBACK", &c->rollback);
}

static void sqlite_close(struct db_conn *conn)
{
    struct sqlite_conn *c = sqlite_of(conn);
    for (enum sql id = SQL_NONE_; id < SQL_COUNT; id++)
        sqlite3_finalize(c->prepared[id]);
    sqlite3_finalize(c->begin_write);
    sqlite3_finalize(c->begin_read);
    sqlite3_finalize(c->commit);
    sqlite3_finalize(c->rollback);
    sqlite3_close(c->handle);
    free(c);
}

static bool is_damaged(sqlite3 *handle)
{
    int code = sqlite3_errcode(handle);

    return code == SQLITE_CORRUPT || code == SQLITE_NOTADB;
}

static enum err open_fault(struct sqlite_conn *c, enum err e, struct buf *ret_error_text)
{
    const char *path = c->base.db->url.path;
    if (c->handle == NULL)
        buf_addf(ret_error_text, "out of memory while opening the SQLite database %s", path);
    else if (is_damaged(c->handle))
        buf_addf(
            ret_error_text,
            "the SQLite database %s is damaged: %s; stop the server, keep a copy of the file, and bring back a backup, or "
            "save what can still be read: sqlite3 %s .recover | sqlite3 recovered.db",
            path, sqlite3_errmsg(c->handle), path);
    else
        buf_addf(ret_error_text,
                 "cannot open the SQLite database %s: %s; check that its folder exists, can be written, "
                 "and has room",
                 path, sqlite3_errmsg(c->handle));
    return e == ERR_NO_MEMORY ? e : ERR_DATABASE;
}

static enum err sqlite_open(struct db *db, enum conn_use use, struct buf *ret_error_text, struct db_conn **ret_conn)
{
    struct sqlite_conn *c = calloc(1, sizeof(*c));
    int flags;
    int rc;
    enum err e;
    if (c == NULL)
        return ERR_NO_MEMORY;
    c->base = (struct db_conn){ .db = db, .use = use, .idle_since_us = clock_monotonic_us() };
    make_file(db->url.path);
    flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
    rc = sqlite3_open_v2(db->url.path, &c->handle, flags, NULL);
    e = rc == SQLITE_OK ? set_up(c) : ERR_DATABASE;
    if (e != ERR_OK) {
        e = open_fault(c, e, ret_error_text);
        sqlite_close(&c->base);
        return e;
    }
    *ret_conn = &c->base;
    return ERR_OK;
}

static bool sqlite_alive(struct db_conn *conn, int64_t idle_us)
{
    (void)conn;
    (void)idle_us;
    return true;
}

static enum err sqlite_ping(struct db_conn *conn)
{
    struct sqlite_conn *c = sqlite_of(conn);
    int rc;
    c->deadline_us = clock_monotonic_us() + DB_PING_MAX_S * US_PER_S;
    rc = sqlite3_exec(c->handle, "SELECT count(*) FROM sqlite_schema", NULL, NULL, NULL);
    return rc == SQLITE_OK ? ERR_OK : sqlite_fail(c, rc, STATEMENT_SELECT);
}

/*
 * The log of changes still has the pages as they were before: it is brought into the file, and emptied. While that waits for
 * readers nobody can write, so it does not wait long; the next time will do.
 */
static enum err sqlite_tidy(struct db_conn *conn)
{
    struct sqlite_conn *c = sqlite_of(conn);
    int rc;

    sqlite_start_clock(c);
    c->wait_until_us = clock_monotonic_us() + TIDY_WAIT_MAX_MS * US_PER_MS;
    rc = sqlite3_exec(c->handle, "PRAGMA wal_checkpoint(TRUNCATE)", NULL, NULL, NULL);
    return rc == SQLITE_OK || (rc & 0xff) == SQLITE_BUSY ? ERR_OK : sqlite_fail(c, rc, STATEMENT_SELECT);
}

static enum err sqlite_begin(struct db_conn *conn, enum conn_mode mode)
{
    struct sqlite_conn *c = sqlite_of(conn);
    if (mode == CONN_AUTOCOMMIT)
        return ERR_OK;
    return step(c, mode == CONN_CHANGING ? c->begin_write : c->begin_read);
}

static void sqlite_rollback(struct db_conn *conn)
{
    struct sqlite_conn *c = sqlite_of(conn);
    int code;
    if (sqlite3_get_autocommit(c->handle))
        return;
    code = conn->code;
    if (step(c, c->rollback) != ERR_OK)
        conn->state = CONN_LOST;
    conn->code = code;
}

/*
 * Whether a COMMIT that failed so may still be found after a crash. It writes its pages to the log, the last of them marked
 * as the commit, waits for the disk, and then enters them into the index of the log, which makes them visible. An I/O error
 * may come from the wait or from the index (a new page of it: SQLITE_IOERR_SHMSIZE, SQLITE_NOMEM), with a log on the disk
 * that is whole; so may SQLITE_NOMEM. Anything else comes before the marked page is complete, whose checksum then does not
 * fit (SQLITE_FULL: the write itself failed), or before anything is written (SQLITE_BUSY, a constraint): surely nothing
 * was committed. Source: sqlite.org/walformat.html; wal.c, sqlite3WalFrames.
 */
static bool commit_is_unknown(int code)
{
    return code == SQLITE_IOERR || code == SQLITE_NOMEM;
}

static enum err sqlite_commit(struct db_conn *conn)
{
    struct sqlite_conn *c = sqlite_of(conn);
    enum err e = step(c, c->commit);
    bool unknown;
    if (e == ERR_OK)
        return ERR_OK;
    unknown = commit_is_unknown(conn->code & 0xff);
    sqlite_rollback(conn);
    return unknown ? ERR_COMMIT_UNKNOWN : e;
}

/*
 * Foreign keys are off while the schema changes, so that tables can be rebuilt (sqlite.org, "Making Other Kinds Of Table
 * Schema Changes"); the connection does nothing else. All steps of one run are one transaction.
 */
static enum err sqlite_migration_lock(struct db_conn *conn)
{
    struct sqlite_conn *c = sqlite_of(conn);
    int64_t until_us;
    enum err e;
    TRY(run_text(conn, "PRAGMA foreign_keys = OFF"));
    until_us = clock_monotonic_us() + MIGRATION_WAIT_MAX_S * US_PER_S;
    do {
        conn->state = CONN_OK;
        e = step(c, c->begin_write);
    } while (e != ERR_OK && conn->state == CONN_RETRY && clock_monotonic_us() < until_us);
    conn->state = conn->state == CONN_RETRY ? CONN_OK : conn->state;
    return e;
}

static enum err sqlite_migration_unlock(struct db_conn *conn, bool keep)
{
    if (keep)
        return sqlite_commit(conn);
    sqlite_rollback(conn);
    return ERR_OK;
}

/* Never: a step that is cut off leaves nothing behind. */
static bool sqlite_was_done_before(const struct db_conn *conn)
{
    (void)conn;
    return false;
}

const struct db_ops sqlite_ops = {
    .kind = "sqlite",
    .schema = SCHEMA_SQLITE,
    .one_writer = true,
    .migrations_table =
        "CREATE TABLE IF NOT EXISTS schema_migrations (version INTEGER PRIMARY KEY, name TEXT NOT NULL, "
        "checksum TEXT NOT NULL, statements_done INTEGER NOT NULL, statement_count INTEGER NOT NULL, "
        "applied_us INTEGER NOT NULL) STRICT",
    .init = sqlite_init,
    .open = sqlite_open,
    .close = sqlite_close,
    .alive = sqlite_alive,
    .ping = sqlite_ping,
    .tidy = sqlite_tidy,
    .begin = sqlite_begin,
    .commit = sqlite_commit,
    .rollback = sqlite_rollback,
    .prepare = sqlite_prepare,
    .start = sqlite_start,
    .fetch = sqlite_fetch,
    .finish = sqlite_finish,
    .changed_count = sqlite_changed_count,
    .inserted_id = sqlite_inserted_id,
    .column_int = sqlite_column_int,
    .column_real = sqlite_column_real,
    .column_str = sqlite_column_str,
    .column_is_null = sqlite_column_is_null,
    .run_text = run_text,
    .was_done_before = sqlite_was_done_before,
    .migration_lock = sqlite_migration_lock,
    .migration_unlock = sqlite_migration_unlock,
};
