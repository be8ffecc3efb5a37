/* What the two files of the SQLite driver share. */
#ifndef PARLEY_APP_DB_SQLITE_H
#define PARLEY_APP_DB_SQLITE_H

#include <sqlite3.h>

#include "driver.h"

struct sqlite_conn {
    struct db_conn base;
    sqlite3 *handle;
    sqlite3_stmt *begin_write, *begin_read, *commit, *rollback;
    sqlite3_stmt *open;                /* the statement whose rows are being read */
    enum statement_verb open_verb;     /* its kind */
    int64_t deadline_us;               /* of the statement that runs */
    int64_t wait_until_us;             /* of its waiting for another process's lock */
    sqlite3_stmt *prepared[SQL_COUNT]; /* NULL until first used */
};

static inline struct sqlite_conn *sqlite_of(struct db_conn *conn)
{
    return (struct sqlite_conn *)conn;
}

/* Sets the time limits of the statement that comes. */
void sqlite_start_clock(struct sqlite_conn *c);
/* Maps the code of a failed call; verb: of the statement that ran. Notes it in the connection. */
enum err sqlite_fail(struct sqlite_conn *c, int rc, enum statement_verb verb);

/* Statements; see struct db_ops. */
enum err sqlite_prepare(struct db_conn *conn, enum sql id);
enum err sqlite_start(struct db_conn *conn, enum sql id, struct db_args args);
enum err sqlite_fetch(struct db_conn *conn, bool *ret_row);
void sqlite_finish(struct db_conn *conn);
int64_t sqlite_changed_count(struct db_conn *conn);
int64_t sqlite_inserted_id(struct db_conn *conn);
int64_t sqlite_column_int(struct db_conn *conn, int column);
double sqlite_column_real(struct db_conn *conn, int column);
struct str sqlite_column_str(struct db_conn *conn, int column);
bool sqlite_column_is_null(struct db_conn *conn, int column);

#endif
