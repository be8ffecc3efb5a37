/* What the files of the MySQL driver share. Keeps to what the client libraries of MySQL and of MariaDB both offer. */
#ifndef PARLEY_APP_DB_MYSQL_H
#define PARLEY_APP_DB_MYSQL_H

#include <mysql.h>

#include "driver.h"
#include "parley/core/ids.h"

/* my_bool in one library, bool in the other. */
typedef __typeof__(*((MYSQL_BIND *)0)->is_null) mysql_flag;

enum column_kind { COLUMN_INT, COLUMN_REAL, COLUMN_BYTES };

/* A statement as one connection has prepared it. */
struct mysql_prepared {
    MYSQL_STMT *stmt;
    unsigned column_count;
    unsigned char kinds[]; /* enum column_kind of each column */
};

/* Where the values of one column of the present row are put. The same for all statements of a connection. */
struct mysql_column {
    enum column_kind kind;
    mysql_flag is_null, is_cut;
    unsigned long len;
    long long number;
    double real;
    char *bytes; /* COLUMN_BYTES */
    size_t room_bytes;
};

struct mysql_conn {
    struct db_conn base;
    MYSQL *handle;
    struct mysql_prepared *open; /* whose result is being read */
    MYSQL_BIND *params, *results;
    struct mysql_column *columns;
    unsigned column_room;                       /* of results and columns */
    struct mysql_prepared *prepared[SQL_COUNT]; /* NULL until first used */
    int64_t first_waiting;                      /* of the relay: what waited first at the last look; 0: nothing */
    char lock_holder[UUID_TEXT_BYTES];          /* of who migrates */
};

static inline struct mysql_conn *mysql_of(struct db_conn *conn)
{
    return (struct mysql_conn *)conn;
}

/* A code that only MariaDB's header names, where two files want it. */
enum { ER_MARIADB_STATEMENT_TIMEOUT = 1969 };

/* Maps the code of a failed call and notes it in the connection. */
enum err mysql_fail(struct mysql_conn *c, unsigned code, const char *message);
/* Whether it is nobody's to mend but an administrator's; anything else may pass: a server that starts, an unknown name. */
bool mysql_is_refusal(int code);
/* Frees what statements have taken; before mysql_close. */
void mysql_free_statements(struct mysql_conn *c);

/* The relay; see struct db_ops. */
enum err mysql_relay_step(struct db_conn *conn, enum db_relay when, int64_t *ret_moved_count);

/* Looks whether the server is a node of a cluster, where that is not known yet; what a session of one needs, as SET takes it. */
enum err mysql_cluster_look(struct mysql_conn *c);
const char *mysql_cluster_session(const struct mysql_conn *c);
/* Who migrates; see struct db_ops. */
enum err mysql_migration_lock(struct db_conn *conn);
enum err mysql_migration_renew(struct db_conn *conn);
enum err mysql_migration_unlock(struct db_conn *conn, bool keep);

/* Statements; see struct db_ops. */
enum err mysql_statement_prepare(struct db_conn *conn, enum sql id);
enum err mysql_statement_start(struct db_conn *conn, enum sql id, struct db_args args);
enum err mysql_statement_fetch(struct db_conn *conn, bool *ret_row);
void mysql_statement_finish(struct db_conn *conn);
int64_t mysql_statement_changed(struct db_conn *conn);
int64_t mysql_statement_inserted(struct db_conn *conn);
int64_t mysql_column_int(struct db_conn *conn, int column);
double mysql_column_real(struct db_conn *conn, int column);
struct str mysql_column_str(struct db_conn *conn, int column);
bool mysql_column_is_null(struct db_conn *conn, int column);

#endif
