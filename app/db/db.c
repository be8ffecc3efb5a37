#include "parley/db/db.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "checkout.h"
#include "parley/core/clock.h"
#include "parley/core/list.h"
#include "parley/core/log.h"
#include "transaction.h"

struct db_value db_value_text(struct str s)
{
    return (struct db_value){ .kind = s.ptr == NULL ? DB_NULL_VALUE : DB_TEXT_VALUE, .bytes = s };
}

struct db_value db_value_blob(struct str s)
{
    return (struct db_value){ .kind = s.ptr == NULL ? DB_NULL_VALUE : DB_BLOB_VALUE, .bytes = s };
}

struct db_value db_value_int_or_null(int64_t number)
{
    return number == 0 ? DB_NULL : DB_INT(number);
}

int64_t db_row_int(const struct db_row *row, int column)
{
    return row->conn->db->ops->column_int(row->conn, column);
}

double db_row_real(const struct db_row *row, int column)
{
    return row->conn->db->ops->column_real(row->conn, column);
}

struct str db_row_str(const struct db_row *row, int column)
{
    return row->conn->db->ops->column_str(row->conn, column);
}

struct uuid db_row_uuid(const struct db_row *row, int column)
{
    struct uuid id = { { 0 } };
    struct str bytes = db_row_str(row, column);
    if (bytes.len == sizeof(id.bytes))
        memcpy(id.bytes, bytes.ptr, sizeof(id.bytes));
    return id;
}

bool db_row_is_null(const struct db_row *row, int column)
{
    return row->conn->db->ops->column_is_null(row->conn, column);
}

/* One statement and what becomes of it. */
struct call {
    enum sql id;
    struct db_args args;
    db_row_fn fn; /* may be NULL */
    void *arg;
    int64_t rows_wanted;
    int64_t row_count; /* that fn has seen */
    int64_t changed_count, inserted_id;
};

/* Logged here because nobody above knows the statement. Values are not logged: they are people's. */
static void log_failure(const struct db_conn *conn, enum sql id, enum err e)
{
    bool lost;
    if (e != ERR_INTERNAL && e != ERR_DATABASE && e != ERR_DISK_FULL && e != ERR_NO_MEMORY)
        return;
    lost = conn->state == CONN_LOST;
    log_event(lost ? LOG_WARN : LOG_ERROR, lost ? "a connection to the database was lost" : "a statement failed",
              LOG_C("statement", statements[id].name), LOG_C("error", err_info(e)->code), LOG_INT("code", conn->code));
}

static enum err read_rows(struct ctx *ctx, struct db_conn *conn, struct call *call, enum err *ret_fn_err)
{
    const struct db_row row = { conn };
    while (call->row_count < call->rows_wanted) {
        bool is_row = false;
        TRY(conn->db->ops->fetch(conn, &is_row));
        if (!is_row)
            return ERR_OK;
        call->row_count++;
        conn->in_row = true;
        *ret_fn_err = call->fn != NULL ? call->fn(ctx, &row, call->arg) : ERR_OK;
        conn->in_row = false;
        if (*ret_fn_err != ERR_OK)
            return ERR_OK;
    }
    return ERR_OK;
}

enum { FIRST_COLUMN };

static enum err read_change(struct db_conn *conn, struct call *call)
{
    const struct db_ops *ops = conn->db->ops;
    bool is_row = false, gave_row = false;
    do {
        if (is_row)
            call->inserted_id = ops->column_int(conn, FIRST_COLUMN); /* RETURNING */
        gave_row |= is_row;
        TRY(ops->fetch(conn, &is_row));
    } while (is_row);
    call->changed_count = ops->changed_count(conn);
    if (!gave_row)
        call->inserted_id = ops->inserted_id(conn);
    return ERR_OK;
}

/* A statement that changed something has something to tell. */
static void note_events(struct ctx *ctx, const struct call *call)
{
    const struct statement *statement = &statements[call->id];
    if (statement->events == 0 || call->changed_count == 0)
        return;
    ctx->outcome.events_due |= statement->events;
    ctx->outcome.events_due_of = statement->name;
}

/* Runs the call on the connection of ctx. */
static enum err run_on(struct ctx *ctx, struct call *call)
{
    struct db_conn *conn = ctx->conn;
    const struct statement *statement = &statements[call->id];
    enum err fn_err = ERR_OK;
    enum err e;
    assert(!conn->in_row);
    assert(call->args.count == statement->param_count);
    assert(statement->verb == STATEMENT_SELECT || conn->mode != CONN_READING);
    if (conn->state != CONN_OK)
        return conn->state == CONN_RETRY ? ERR_BUSY : ERR_DATABASE;
    ctx->statement_count++;
    e = conn->db->ops->start(conn, call->id, call->args);
    if (e == ERR_OK)
        e = statement->verb == STATEMENT_SELECT ? read_rows(ctx, conn, call, &fn_err) : read_change(conn, call);
    conn->begun |= e == ERR_OK;
    conn->db->ops->finish(conn);
    if (e == ERR_OK)
        note_events(ctx, call);
    else
        log_failure(conn, call->id, e);
    return e != ERR_OK ? e : fn_err;
}

/* The call alone on a connection that is given back at once. *ret_again: it has done nothing and may be repeated. */
static enum err run_checked_out(struct ctx *ctx, struct call *call, struct checkout *checkout, bool *ret_again)
{
    bool changes = statements[call->id].verb != STATEMENT_SELECT;
    struct db_conn *conn = NULL;
    enum err e;
    TRY(checkout_begin(checkout, CONN_AUTOCOMMIT, ret_again, &conn));
    ctx->conn = conn;
    e = run_on(ctx, call);
    ctx->conn = NULL;
    if (e == ERR_OK)
        transaction_check_events(ctx);
    if (conn->state == CONN_RETRY) {
        conn->db->ops->rollback(conn);
        *ret_again = call->row_count == 0;
    }
    if (conn->state == CONN_LOST) {
        *ret_again = !changes && call->row_count == 0;
        e = changes ? ERR_COMMIT_UNKNOWN : e;
    }
    checkout_return(checkout, conn);
    return e;
}

static enum err run_call(struct ctx *ctx, struct call *call)
{
    struct db *db;
    bool for_writer;
    struct checkout checkout;
    enum err e;
    bool again;
    assert(call->id > SQL_NONE_ && call->id < SQL_COUNT);
    if (ctx->conn != NULL)
        return run_on(ctx, call);
    db = ctx->app->db;
    for_writer = db->ops->one_writer && statements[call->id].verb != STATEMENT_SELECT;
    checkout_init(&checkout, db, for_writer ? CONN_FOR_WRITING : CONN_FOR_READING);
    do {
        again = false;
        e = run_checked_out(ctx, call, &checkout, &again);
    } while (again && checkout_pause(&checkout));
    checkout_end(&checkout);
    return e;
}

enum err db_one(struct ctx *ctx, enum sql statement, struct db_args args, db_row_fn fn, void *arg)
{
    struct call call = { .id = statement, .args = args, .fn = fn, .arg = arg, .rows_wanted = 1 };
    assert(statements[statement].verb == STATEMENT_SELECT);
    TRY(run_call(ctx, &call));
    return call.row_count == 1 ? ERR_OK : ERR_NOT_FOUND;
}

enum err db_each(struct ctx *ctx, enum sql statement, struct db_args args, db_row_fn fn, void *arg)
{
    struct call call = { .id = statement, .args = args, .fn = fn, .arg = arg, .rows_wanted = INT64_MAX };
    assert(statements[statement].verb == STATEMENT_SELECT);
    return run_call(ctx, &call);
}

enum err db_exec(struct ctx *ctx, enum sql statement, struct db_args args, int64_t *ret_count)
{
    struct call call = { .id = statement, .args = args };
    assert(statements[statement].verb != STATEMENT_SELECT);
    TRY(run_call(ctx, &call));
    if (ret_count != NULL)
        *ret_count = call.changed_count;
    return ERR_OK;
}

enum err db_insert(struct ctx *ctx, enum sql statement, struct db_args args, int64_t *ret_id)
{
    struct call call = { .id = statement, .args = args };
    assert(statements[statement].verb == STATEMENT_INSERT);
    TRY(run_call(ctx, &call));
    if (call.changed_count == 0)
        return ERR_NOT_FOUND;
    if (ret_id != NULL)
        *ret_id = call.inserted_id;
    return ERR_OK;
}

enum err db_take(struct ctx *ctx, enum sql statement, struct db_args args, int64_t *ret_number)
{
    struct call call = { .id = statement, .args = args };
    assert(statements[statement].verb == STATEMENT_UPDATE);
    TRY(run_call(ctx, &call));
    if (call.changed_count == 0)
        return ERR_NOT_FOUND;
    *ret_number = call.inserted_id;
    return ERR_OK;
}

static enum err take_number(struct ctx *ctx, const struct db_row *row, void *arg)
{
    (void)ctx;
    *(int64_t *)arg = db_row_int(row, FIRST_COLUMN);
    return ERR_OK;
}

enum err db_number(struct ctx *ctx, enum sql statement, struct db_args args, int64_t *ret_number)
{
    return db_one(ctx, statement, args, take_number, ret_number);
}

static enum err id_add(struct ctx *ctx, const struct db_row *row, void *arg)
{
    int64_t *id = list_add(ctx->arena, arg, sizeof(*id));

    if (id == NULL)
        return fail(ctx, ERR_NO_MEMORY);
    *id = db_row_int(row, FIRST_COLUMN);
    return ERR_OK;
}

enum err db_ids(struct ctx *ctx, enum sql statement, struct db_args args, struct list *ids)
{
    return db_each(ctx, statement, args, id_add, ids);
}

enum err db_tidy(struct ctx *ctx)
{
    struct db *db = ctx->app->db;
    struct db_conn *conn = NULL;
    struct checkout checkout;
    bool again = false;
    enum err e;

    if (db->ops->tidy == NULL)
        return ERR_OK;
    checkout_init(&checkout, db, CONN_FOR_READING);
    e = checkout_begin(&checkout, CONN_AUTOCOMMIT, &again, &conn);
    if (e == ERR_OK) {
        e = db->ops->tidy(conn);
        checkout_return(&checkout, conn);
    }
    checkout_end(&checkout);
    return e == ERR_OK ? ERR_OK : fail(ctx, e);
}
