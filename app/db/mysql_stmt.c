#include <stdlib.h>
#include <string.h>

#include "mysql.h"

enum {
    COLUMN_FIRST_BYTES = 256,
    COLUMN_KEPT_BYTES = 65536, /* a larger buffer is given back when its statement ends */
};

/*
 * What the server says in the middle of a result (a node of a cluster that gives way to another, a time limit, a KILL) MariaDB's
 * library leaves with the connection, and the statement has no error.
 */
static enum err fail_stmt(struct mysql_conn *c, MYSQL_STMT *stmt)
{
    if (mysql_stmt_errno(stmt) == 0)
        return mysql_fail(c, mysql_errno(c->handle), mysql_error(c->handle));
    return mysql_fail(c, mysql_stmt_errno(stmt), mysql_stmt_error(stmt));
}

static enum err no_memory(struct mysql_conn *c)
{
    return conn_fail(&c->base, ERR_NO_MEMORY, 0, "out of memory");
}

static enum column_kind kind_of(enum enum_field_types type)
{
    switch (type) {
    case MYSQL_TYPE_TINY:
    case MYSQL_TYPE_SHORT:
    case MYSQL_TYPE_INT24:
    case MYSQL_TYPE_LONG:
    case MYSQL_TYPE_LONGLONG:
    case MYSQL_TYPE_YEAR: return COLUMN_INT;
    case MYSQL_TYPE_FLOAT:
    case MYSQL_TYPE_DOUBLE: return COLUMN_REAL;
    default: return COLUMN_BYTES; /* DECIMAL too, as digits: what sum() gives */
    }
}

/* The statement's columns; takes ownership of stmt. */
static enum err describe(struct mysql_conn *c, MYSQL_STMT *stmt, struct mysql_prepared **ret_prepared)
{
    unsigned count = mysql_stmt_field_count(stmt);
    struct mysql_prepared *p = calloc(1, sizeof(*p) + count);
    MYSQL_RES *meta = count > 0 ? mysql_stmt_result_metadata(stmt) : NULL;
    if (p == NULL || (count > 0 && meta == NULL)) {
        free(p);
        mysql_stmt_close(stmt);
        return no_memory(c);
    }
    p->stmt = stmt;
    p->column_count = count;
    for (unsigned i = 0; i < count; i++)
        p->kinds[i] = (unsigned char)kind_of(mysql_fetch_field_direct(meta, i)->type);
    if (meta != NULL)
        mysql_free_result(meta);
    *ret_prepared = p;
    return ERR_OK;
}

enum err mysql_statement_prepare(struct db_conn *conn, enum sql id)
{
    struct mysql_conn *c = mysql_of(conn);
    MYSQL_STMT *stmt;
    if (c->prepared[id] != NULL)
        return ERR_OK;
    stmt = mysql_stmt_init(c->handle);
    if (stmt == NULL)
        return no_memory(c);
    if (mysql_stmt_prepare(stmt, statements[id].mysql, (unsigned long)strlen(statements[id].mysql)) != 0) {
        enum err e = fail_stmt(c, stmt);
        mysql_stmt_close(stmt);
        return e;
    }
    return describe(c, stmt, &c->prepared[id]);
}

static void set_param(MYSQL_BIND *bind, const struct db_value *v)
{
    memset(bind, 0, sizeof(*bind));
    switch (v->kind) {
    case DB_INT_VALUE:
        bind->buffer_type = MYSQL_TYPE_LONGLONG;
        bind->buffer = (void *)(uintptr_t)&v->number;
        break;
    case DB_REAL_VALUE:
        bind->buffer_type = MYSQL_TYPE_DOUBLE;
        bind->buffer = (void *)(uintptr_t)&v->real;
        break;
    case DB_TEXT_VALUE:
    case DB_BLOB_VALUE:
        bind->buffer_type = v->kind == DB_TEXT_VALUE ? MYSQL_TYPE_STRING : MYSQL_TYPE_BLOB;
        bind->buffer = (void *)(uintptr_t)v->bytes.ptr;
        bind->buffer_length = (unsigned long)v->bytes.len;
        break;
    default: bind->buffer_type = MYSQL_TYPE_NULL;
    }
}

static enum err make_columns(struct mysql_conn *c, unsigned count)
{
    MYSQL_BIND *results;
    struct mysql_column *columns;
    if (count <= c->column_room)
        return ERR_OK;
    results = realloc(c->results, count * sizeof(*results));
    c->results = results != NULL ? results : c->results;
    columns = results != NULL ? realloc(c->columns, count * sizeof(*columns)) : NULL;
    if (columns == NULL)
        return no_memory(c);
    memset(columns + c->column_room, 0, (count - c->column_room) * sizeof(*columns));
    c->columns = columns;
    c->column_room = count;
    return ERR_OK;
}

static enum err make_room(struct mysql_conn *c, struct mysql_column *column, size_t room_bytes)
{
    if (room_bytes <= column->room_bytes)
        return ERR_OK;
    free(column->bytes);
    column->room_bytes = 0;
    column->bytes = malloc(room_bytes);
    if (column->bytes == NULL)
        return no_memory(c);
    column->room_bytes = room_bytes;
    return ERR_OK;
}

static enum err set_result(struct mysql_conn *c, unsigned i, enum column_kind kind)
{
    struct mysql_column *column = &c->columns[i];
    MYSQL_BIND *bind = &c->results[i];
    column->kind = kind;
    if (kind == COLUMN_BYTES)
        TRY(make_room(c, column, COLUMN_FIRST_BYTES));
    memset(bind, 0, sizeof(*bind));
    bind->is_null = &column->is_null;
    bind->error = &column->is_cut;
    bind->length = &column->len;
    if (kind == COLUMN_INT) {
        bind->buffer_type = MYSQL_TYPE_LONGLONG;
        bind->buffer = &column->number;
    } else if (kind == COLUMN_REAL) {
        bind->buffer_type = MYSQL_TYPE_DOUBLE;
        bind->buffer = &column->real;
    } else {
        bind->buffer_type = MYSQL_TYPE_STRING;
        bind->buffer = column->bytes;
        bind->buffer_length = (unsigned long)column->room_bytes;
    }
    return ERR_OK;
}

static enum err bind_results(struct mysql_conn *c, struct mysql_prepared *p)
{
    TRY(make_columns(c, p->column_count));
    for (unsigned i = 0; i < p->column_count; i++)
        TRY(set_result(c, i, p->kinds[i]));
    if (mysql_stmt_bind_result(p->stmt, c->results) != 0)
        return fail_stmt(c, p->stmt);
    return ERR_OK;
}

enum err mysql_statement_start(struct db_conn *conn, enum sql id, struct db_args args)
{
    struct mysql_conn *c = mysql_of(conn);
    struct mysql_prepared *p;
    TRY(mysql_statement_prepare(conn, id));
    p = c->prepared[id];
    for (size_t i = 0; i < args.count; i++)
        set_param(&c->params[i], &args.values[i]);
    if (args.count > 0 && mysql_stmt_bind_param(p->stmt, c->params) != 0)
        return fail_stmt(c, p->stmt);
    c->open = p;
    if (mysql_stmt_execute(p->stmt) != 0)
        return fail_stmt(c, p->stmt);
    return p->column_count > 0 ? bind_results(c, p) : ERR_OK;
}

/* Fetches the columns that were longer than their buffers into larger ones, which stay bound. */
static enum err fetch_cut(struct mysql_conn *c)
{
    struct mysql_prepared *p = c->open;
    for (unsigned i = 0; i < p->column_count; i++) {
        struct mysql_column *column = &c->columns[i];
        if (column->kind != COLUMN_BYTES || column->is_null || column->len <= column->room_bytes)
            continue;
        TRY(make_room(c, column, column->len + column->len / 2));
        TRY(set_result(c, i, COLUMN_BYTES));
        if (mysql_stmt_fetch_column(p->stmt, &c->results[i], i, 0) != 0)
            return fail_stmt(c, p->stmt);
    }
    if (mysql_stmt_bind_result(p->stmt, c->results) != 0)
        return fail_stmt(c, p->stmt);
    return ERR_OK;
}

enum err mysql_statement_fetch(struct db_conn *conn, bool *ret_row)
{
    struct mysql_conn *c = mysql_of(conn);
    int rc;
    *ret_row = false;
    if (c->open->column_count == 0)
        return ERR_OK;
    rc = mysql_stmt_fetch(c->open->stmt);
    if (rc == MYSQL_NO_DATA)
        return ERR_OK;
    if (rc != 0 && rc != MYSQL_DATA_TRUNCATED)
        return fail_stmt(c, c->open->stmt);
    if (rc == MYSQL_DATA_TRUNCATED)
        TRY(fetch_cut(c));
    *ret_row = true;
    return ERR_OK;
}

void mysql_statement_finish(struct db_conn *conn)
{
    struct mysql_conn *c = mysql_of(conn);
    if (c->open == NULL)
        return;
    if (c->open->column_count > 0 && conn->state != CONN_LOST)
        mysql_stmt_free_result(c->open->stmt);
    for (unsigned i = 0; i < c->open->column_count && i < c->column_room; i++) {
        struct mysql_column *column = &c->columns[i];
        if (column->room_bytes > COLUMN_KEPT_BYTES) {
            free(column->bytes);
            column->bytes = NULL;
            column->room_bytes = 0;
        }
    }
    c->open = NULL;
}

int64_t mysql_statement_changed(struct db_conn *conn)
{
    return (int64_t)mysql_stmt_affected_rows(mysql_of(conn)->open->stmt);
}

int64_t mysql_statement_inserted(struct db_conn *conn)
{
    return (int64_t)mysql_stmt_insert_id(mysql_of(conn)->open->stmt);
}

/* The digits of a DECIMAL, NUL-ended. */
static void copy_digits(const struct mysql_column *column, char ret_text[96])
{
    size_t len = column->len < 95 ? column->len : 95;
    memcpy(ret_text, column->bytes, len);
    ret_text[len] = '\0';
}

int64_t mysql_column_int(struct db_conn *conn, int column)
{
    const struct mysql_column *v = &mysql_of(conn)->columns[column];
    char digits[96];
    if (v->is_null)
        return 0;
    if (v->kind == COLUMN_INT)
        return v->number;
    if (v->kind == COLUMN_REAL)
        return (int64_t)v->real;
    copy_digits(v, digits);
    return strtoll(digits, NULL, 10);
}

double mysql_column_real(struct db_conn *conn, int column)
{
    const struct mysql_column *v = &mysql_of(conn)->columns[column];
    char digits[96];
    if (v->is_null)
        return 0;
    if (v->kind == COLUMN_INT)
        return (double)v->number;
    if (v->kind == COLUMN_REAL)
        return v->real;
    copy_digits(v, digits);
    return strtod(digits, NULL);
}

struct str mysql_column_str(struct db_conn *conn, int column)
{
    const struct mysql_column *v = &mysql_of(conn)->columns[column];
    if (v->is_null || v->kind != COLUMN_BYTES)
        return (struct str){ NULL, 0 };
    return (struct str){ v->bytes, v->len };
}

bool mysql_column_is_null(struct db_conn *conn, int column)
{
    return mysql_of(conn)->columns[column].is_null != 0;
}

void mysql_free_statements(struct mysql_conn *c)
{
    for (enum sql id = SQL_NONE_; id < SQL_COUNT; id++) {
        if (c->prepared[id] != NULL)
            mysql_stmt_close(c->prepared[id]->stmt);
        free(c->prepared[id]);
    }
    for (unsigned i = 0; i < c->column_room; i++)
        free(c->columns[i].bytes);
    free(c->columns);
    free(c->results);
    free(c->params);
}
