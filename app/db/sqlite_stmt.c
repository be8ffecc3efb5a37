#include "sqlite.h"

static enum err fail_constraint(struct sqlite_conn *c, int extended, enum statement_verb verb, const char *message)
{
    if (extended == SQLITE_CONSTRAINT_UNIQUE || extended == SQLITE_CONSTRAINT_PRIMARYKEY)
        return conn_fail(&c->base, ERR_CONFLICT, extended, message);
    if (extended == SQLITE_CONSTRAINT_FOREIGNKEY)
        return conn_fail(&c->base, verb == STATEMENT_DELETE ? ERR_CONFLICT : ERR_NOT_FOUND, extended, message);
    return conn_fail(&c->base, ERR_INTERNAL, extended, message);
}

enum err sqlite_fail(struct sqlite_conn *c, int rc, enum statement_verb verb)
{
    int extended = sqlite3_extended_errcode(c->handle);
    const char *message = sqlite3_errmsg(c->handle);
    switch (rc & 0xff) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED: c->base.state = CONN_RETRY; return conn_fail(&c->base, ERR_BUSY, extended, message);
    case SQLITE_INTERRUPT:
        return conn_fail(&c->base, ERR_BUSY, extended, "the statement took longer than DB_QUERY_TIMEOUT");
    case SQLITE_CONSTRAINT: return fail_constraint(c, extended, verb, message);
    case SQLITE_NOMEM: return conn_fail(&c->base, ERR_NO_MEMORY, extended, message);
    case SQLITE_FULL: return conn_fail(&c->base, ERR_DISK_FULL, extended, message);
    case SQLITE_IOERR:
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
    case SQLITE_CANTOPEN:
    case SQLITE_READONLY: c->base.state = CONN_LOST; return conn_fail(&c->base, ERR_DATABASE, extended, message);
    default: return conn_fail(&c->base, ERR_INTERNAL, extended, message);
    }
}

enum err sqlite_prepare(struct db_conn *conn, enum sql id)
{
    struct sqlite_conn *c = sqlite_of(conn);
    int rc;
    if (c->prepared[id] != NULL)
        return ERR_OK;
    rc = sqlite3_prepare_v3(c->handle, statements[id].sqlite, -1, SQLITE_PREPARE_PERSISTENT, &c->prepared[id], NULL);
    return rc == SQLITE_OK ? ERR_OK : sqlite_fail(c, rc, statements[id].verb);
}

static int bind_one(sqlite3_stmt *stmt, int place, const struct db_value *v)
{
    switch (v->kind) {
    case DB_INT_VALUE: return sqlite3_bind_int64(stmt, place, v->number);
    case DB_REAL_VALUE: return sqlite3_bind_double(stmt, place, v->real);
    case DB_TEXT_VALUE: return sqlite3_bind_text64(stmt, place, v->bytes.ptr, v->bytes.len, SQLITE_STATIC, SQLITE_UTF8);
    case DB_BLOB_VALUE: return sqlite3_bind_blob64(stmt, place, v->bytes.ptr, v->bytes.len, SQLITE_STATIC);
    default: return sqlite3_bind_null(stmt, place);
    }
}

enum err sqlite_start(struct db_conn *conn, enum sql id, struct db_args args)
{
    struct sqlite_conn *c = sqlite_of(conn);
    sqlite3_stmt *stmt;
    TRY(sqlite_prepare(conn, id));
    stmt = c->prepared[id];
    for (size_t i = 0; i < args.count; i++) {
        int rc = bind_one(stmt, (int)i + 1, &args.values[i]);
        if (rc != SQLITE_OK)
            return sqlite_fail(c, rc, statements[id].verb);
    }
    sqlite_start_clock(c);
    c->open = stmt;
    c->open_verb = statements[id].verb;
    return ERR_OK;
}

enum err sqlite_fetch(struct db_conn *conn, bool *ret_row)
{
    struct sqlite_conn *c = sqlite_of(conn);
    int rc = sqlite3_step(c->open);
    if (rc != SQLITE_ROW && rc != SQLITE_DONE)
        return sqlite_fail(c, rc, c->open_verb);
    *ret_row = rc == SQLITE_ROW;
    return ERR_OK;
}

void sqlite_finish(struct db_conn *conn)
{
    struct sqlite_conn *c = sqlite_of(conn);
    if (c->open != NULL)
        sqlite3_reset(c->open);
    c->open = NULL;
}

int64_t sqlite_changed_count(struct db_conn *conn)
{
    return sqlite3_changes64(sqlite_of(conn)->handle);
}

int64_t sqlite_inserted_id(struct db_conn *conn)
{
    return sqlite3_last_insert_rowid(sqlite_of(conn)->handle);
}

int64_t sqlite_column_int(struct db_conn *conn, int column)
{
    return sqlite3_column_int64(sqlite_of(conn)->open, column);
}

double sqlite_column_real(struct db_conn *conn, int column)
{
    return sqlite3_column_double(sqlite_of(conn)->open, column);
}

struct str sqlite_column_str(struct db_conn *conn, int column)
{
    sqlite3_stmt *stmt = sqlite_of(conn)->open;
    const char *bytes;
    size_t len;
    if (sqlite3_column_type(stmt, column) == SQLITE_NULL)
        return (struct str){ NULL, 0 };
    /* A blob of no bytes comes as NULL. */
    bytes = sqlite3_column_blob(stmt, column);
    len = (size_t)sqlite3_column_bytes(stmt, column);
    return bytes != NULL ? (struct str){ bytes, len } : STR("");
}

bool sqlite_column_is_null(struct db_conn *conn, int column)
{
    return sqlite3_column_type(sqlite_of(conn)->open, column) == SQLITE_NULL;
}
