/*
 * The database: a pool of connections behind one set of named statements. SQLite or MySQL/MariaDB; callers cannot tell
 * which. Statements are written in sql/queries, each with a name; the build makes enum sql of them
 * (parley/db/statements.h, generated). Values are always bound.
 *
 * Errors of all functions here, unless said otherwise: ERR_DATABASE (cannot be reached, or gone in the middle), ERR_BUSY
 * (no connection free in time), ERR_NO_MEMORY, ERR_INTERNAL (a statement that the database refuses; logged).
 */
#ifndef PARLEY_DB_DB_H
#define PARLEY_DB_DB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "parley/core/ctx.h"
#include "parley/core/err.h"
#include "parley/core/ids.h"
#include "parley/core/outcome.h"
#include "parley/core/str.h"
#include "parley/db/statements.h"

struct db;
struct db_row;
struct list; /* core/list.h, whose names the vendor of MySQL has, too */

/*
 * Opens the database that the configuration names and checks that every statement prepares on one connection (so a
 * typo stops the start). Does not migrate: see migrate.h; with `check` DB_UNCHECKED statements are not prepared
 * (before a migration). ret_error_text gets one line that says what is wrong and what to do.
 */
enum db_check { DB_UNCHECKED, DB_CHECKED };
enum err db_open(const struct config *config, enum db_check check, struct buf *ret_error_text,
                 struct db **ret_db) MUST_CHECK;
/* Closes all connections; none may be on checkout. NULL is fine. */
void db_close(struct db *db);
/* Prepares every statement on one connection; ret_error_text names the first that fails. */
enum err db_check_statements(struct db *db, struct buf *ret_error_text) MUST_CHECK;
/* The file of an SQLite database; NULL: it is a server. Borrowed from db. */
const char *db_file(const struct db *db);
/* One trivial query with a time limit of 2 s, for readiness. Any thread. */
enum err db_ping(struct db *db) MUST_CHECK;
/*
 * From hold to release nobody gets a connection: every statement, and db_ping, is ERR_DATABASE at once. For a server that
 * starts while its database is away, until the schema is known to fit. Any thread.
 */
void db_hold(struct db *db);
void db_release(struct db *db);
/* "sqlite" or "mysql"; for logs, EXPLAIN tests and choosing the folder of migrations. */
const char *db_kind(const struct db *db);
/* One pool of connections. */
struct db_pool_stats {
    const char *name; /* what they are for: "read", "write" …; static */
    int64_t total_count, idle_count, max_count;
    int64_t waiting_count;        /* threads that wait for one at the moment */
    int64_t checkout_count;       /* since the start, as all below */
    int64_t busy_count;           /* that got none in time: ERR_BUSY */
    int64_t wait_us;              /* all waiting together */
    int64_t connect_failed_count; /* connections that could not be opened */
    int64_t away;                 /* 1: the last try to open one failed */
};
/* The index-th pool; false: there are no more. Any thread. */
bool db_pool_stats(struct db *db, size_t index, struct db_pool_stats *ret_stats);

/* A value for a `?`. Text and blobs are borrowed until the call returns. */
struct db_value {
    enum { DB_NULL_VALUE, DB_INT_VALUE, DB_REAL_VALUE, DB_TEXT_VALUE, DB_BLOB_VALUE } kind;
    int64_t number;
    double real;
    struct str bytes;
};
#define DB_NULL ((struct db_value){ .kind = DB_NULL_VALUE })
#define DB_INT(n) ((struct db_value){ .kind = DB_INT_VALUE, .number = (n) })
#define DB_REAL(n) ((struct db_value){ .kind = DB_REAL_VALUE, .real = (n) })
/* An absent str is NULL. */
#define DB_TEXT(s) db_value_text(s)
#define DB_BLOB(s) db_value_blob(s)
#define DB_UUID(id) ((struct db_value){ .kind = DB_BLOB_VALUE, .bytes = uuid_str(id) })
/* 0 is NULL: times and foreign keys that may be missing. */
#define DB_INT_OR_NULL(n) db_value_int_or_null(n)
struct db_value db_value_text(struct str s);
struct db_value db_value_blob(struct str s);
struct db_value db_value_int_or_null(int64_t number);

struct db_args {
    const struct db_value *values;
    size_t count;
};
/* DB_ARGS(DB_INT(1), DB_TEXT(name)); lives as long as the enclosing block. */
#define DB_ARGS(...) \
    ((struct db_args){ (const struct db_value[]){ __VA_ARGS__ }, \
                       sizeof((const struct db_value[]){ __VA_ARGS__ }) / sizeof(struct db_value) })
#define DB_NO_ARGS ((struct db_args){ NULL, 0 })

/*
 * What is done with one row. Columns count from 0, in the order of the statement's SELECT list. Text is borrowed until
 * the function returns. An error ends the reading and is returned by the query. No statement may be run from inside.
 */
typedef enum err (*db_row_fn)(struct ctx *ctx, const struct db_row *row, void *arg);

int64_t db_row_int(const struct db_row *row, int column);      /* 0 for NULL */
double db_row_real(const struct db_row *row, int column);      /* 0 for NULL */
struct str db_row_str(const struct db_row *row, int column);   /* text or blob; absent for NULL */
struct uuid db_row_uuid(const struct db_row *row, int column); /* zero for NULL or another length */
bool db_row_is_null(const struct db_row *row, int column);

/*
 * Runs a statement. Inside db_run or db_read on that connection; otherwise on a connection of its own, committed at
 * once (and, for a statement that changes rows, retried like db_run). Any thread, one ctx per thread.
 */

/* Exactly one row is wanted: fn is called with it; none: ERR_NOT_FOUND (nothing is written into the problem). */
enum err db_one(struct ctx *ctx, enum sql statement, struct db_args args, db_row_fn fn, void *arg) MUST_CHECK;
/* fn for each row, in the statement's order. */
enum err db_each(struct ctx *ctx, enum sql statement, struct db_args args, db_row_fn fn, void *arg) MUST_CHECK;
/*
 * A statement that changes rows. *ret_count (may be NULL): how many rows it found (CLIENT_FOUND_ROWS: matched, even
 * where the new value is the old one). ERR_CONFLICT: a unique key; the caller says which thing is taken.
 */
enum err db_exec(struct ctx *ctx, enum sql statement, struct db_args args, int64_t *ret_count) MUST_CHECK;
/*
 * An INSERT of one row; *ret_id (may be NULL): the row's integer key. ERR_CONFLICT as above; ERR_NOT_FOUND: an INSERT …
 * SELECT that found no row to insert (nothing is written into the problem).
 */
enum err db_insert(struct ctx *ctx, enum sql statement, struct db_args args, int64_t *ret_id) MUST_CHECK;
/*
 * An UPDATE of at most one row that gives out a number: on MySQL the value of its LAST_INSERT_ID(…), on SQLite the column
 * that it is RETURNING. ERR_NOT_FOUND: it found no row.
 */
enum err db_take(struct ctx *ctx, enum sql statement, struct db_args args, int64_t *ret_number) MUST_CHECK;
/* The first column of the one row as a number; ERR_NOT_FOUND without a row; NULL counts as 0. */
enum err db_number(struct ctx *ctx, enum sql statement, struct db_args args, int64_t *ret_number) MUST_CHECK;
/* Adds the first column of each row to *ids (int64_t, in the request's arena), in the statement's order. */
enum err db_ids(struct ctx *ctx, enum sql statement, struct db_args args, struct list *ids) MUST_CHECK;

typedef enum err (*db_fn)(struct ctx *ctx, void *arg);
/*
 * Runs fn in a transaction: committed when it returns ERR_OK, rolled back on any other value, which is returned. fn may
 * be run several times: a deadlock (at COMMIT too), a lock timeout or a busy database rolls back and runs it again with
 * jitter, within DB_RETRY_MAX_MS; before each run ctx->problem is emptied. It must therefore start from its argument and change
 * nothing outside but its outputs. On SQLite it may run on the thread of another request, to be committed together with
 * that one's, while its own thread waits: it must not depend on its thread, nor wait for another one. Inside another
 * db_run it joins that. ERR_COMMIT_UNKNOWN: a COMMIT that failed so that the changes may be there all the same (the
 * connection was lost; on SQLite an I/O error or too little memory in its last steps); such a one is never repeated. What
 * SQLite commits together for several threads is repeated, each by itself, only where surely nothing of it was committed.
 *
 * What fn leaves to be done (core/outcome.h) is handed to app->after_commit before db_run returns: on this thread, with no
 * connection or lock held, and only after the commit; also after an unknown one, which it is given as such.
 */
enum err db_run(struct ctx *ctx, db_fn fn, void *arg) MUST_CHECK;
/*
 * Runs fn, which only reads, on one connection: cheaper than a checkout for each statement. On SQLite all of them see one
 * state; on MySQL and MariaDB each sees what is committed when it begins, which costs no message. Not retried.
 */
enum err db_read(struct ctx *ctx, db_fn fn, void *arg) MUST_CHECK;
/*
 * The same on a connection that is kept for whoever follows the event log, who so never waits for requests, and who hears
 * within DB_PING_MAX_S that the database does not answer. One thread at a time.
 */
enum err db_follow(struct ctx *ctx, db_fn fn, void *arg) MUST_CHECK;

/*
 * Makes what was deleted go from the database's own files too, as far as that is in our hands (SQLite: the log of changes).
 * For a job. No transaction may be open.
 */
enum err db_tidy(struct ctx *ctx) MUST_CHECK;

#endif
