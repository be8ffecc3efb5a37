/* db_run and db_read. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "checkout.h"
#include "group_commit.h"
#include "parley/core/log.h"
#include "parley/db/db.h"
#include "transaction.h"

static enum err run_fn(struct ctx *ctx, struct db_conn *conn, db_fn fn, void *arg)
{
    enum err e;
    ctx->conn = conn;
    e = fn(ctx, arg);
    ctx->conn = NULL;
    return e;
}

#ifdef CHECKED_BUILD
enum { ABORTS_ON_FAULT = true };
#else
enum { ABORTS_ON_FAULT = false };
#endif

void transaction_check_events(struct ctx *ctx)
{
    if (ctx->outcome.events_due == 0)
        return;
    log_event(LOG_ERROR, "a change told no event", LOG_C("statement", ctx->outcome.events_due_of),
              LOG_INT("kinds", (int64_t)ctx->outcome.events_due));
    if (ABORTS_ON_FAULT)
        abort();
    ctx->outcome.events_due = 0;
}

enum err transaction_call(struct ctx *ctx, struct db_conn *conn, db_fn fn, void *arg)
{
    enum err e;
    if (ctx->problem != NULL)
        *ctx->problem = (struct problem){ .err = ERR_OK };
    e = run_fn(ctx, conn, fn, arg);
    if (e == ERR_OK)
        transaction_check_events(ctx);
    return e;
}

/* Where nothing had been done yet, as the first statement found the connection dead: once more on another one. */
static bool may_begin_again(struct checkout *checkout, const struct db_conn *conn)
{
    if (conn->state != CONN_LOST || conn->begun || checkout->replaced)
        return false;
    checkout->replaced = true;
    return true;
}

void transaction_log_commit(const struct db_conn *conn, enum err e)
{
    if (e != ERR_OK && conn->state != CONN_RETRY)
        log_event(LOG_ERROR, "a transaction could not be committed", LOG_C("error", err_info(e)->code),
                  LOG_INT("code", conn->code));
}

/* Ends the transaction as fn's result and the connection's state demand. */
static enum err end(struct db_conn *conn, enum err e, bool *ret_again)
{
    const struct db_ops *ops = conn->db->ops;
    if (e == ERR_OK && conn->state == CONN_OK) {
        e = ops->commit(conn);
        transaction_log_commit(conn, e);
    } else if (conn->state != CONN_LOST) {
        ops->rollback(conn);
    }
    if (conn->state == CONN_RETRY) {
        *ret_again = true;
        return ERR_BUSY;
    }
    return e == ERR_OK && conn->state == CONN_LOST ? ERR_DATABASE : e;
}

static enum err run_once(struct ctx *ctx, struct checkout *checkout, db_fn fn, void *arg, bool *ret_again)
{
    struct db_conn *conn = NULL;
    enum err e;
    TRY(checkout_begin(checkout, CONN_CHANGING, ret_again, &conn));
    e = end(conn, transaction_call(ctx, conn, fn, arg), ret_again);
    *ret_again |= may_begin_again(checkout, conn);
    checkout_return(checkout, conn);
    return e;
}

/* Each run begins with the outcome that there was before the first. */
static enum err run_alone(struct ctx *ctx, const struct outcome *mark, db_fn fn, void *arg)
{
    struct checkout checkout;
    enum err e;
    bool again;
    checkout_init(&checkout, ctx->app->db, CONN_FOR_WRITING);
    do {
        again = false;
        outcome_undo(ctx, mark);
        e = run_once(ctx, &checkout, fn, arg, &again);
    } while (again && checkout_pause(&checkout));
    checkout_end(&checkout);
    return e;
}

static enum err run_outermost(struct ctx *ctx, const struct outcome *mark, db_fn fn, void *arg)
{
    struct group_commit *group_commit = ctx->app->db->group_commit;
    if (group_commit != NULL) {
        bool alone = false;
        enum err e = group_commit_run(group_commit, ctx, fn, arg, &alone);
        if (!alone)
            return e;
    }
    return run_alone(ctx, mark, fn, arg);
}

enum err db_run(struct ctx *ctx, db_fn fn, void *arg)
{
    struct outcome mark;
    enum err e;
    if (ctx->conn != NULL) {
        assert(ctx->conn->mode == CONN_CHANGING && !ctx->conn->in_row);
        return fn(ctx, arg);
    }
    mark = outcome_mark(ctx);
    e = run_outermost(ctx, &mark, fn, arg);
    if (e == ERR_OK)
        outcome_settle(ctx, OUTCOME_COMMITTED);
    else if (e == ERR_COMMIT_UNKNOWN)
        outcome_settle(ctx, OUTCOME_UNKNOWN);
    else
        outcome_undo(ctx, &mark);
    return e;
}

static enum err read_once(struct ctx *ctx, struct checkout *checkout, db_fn fn, void *arg)
{
    struct db_conn *conn = NULL;
    bool again = false;
    enum err e;
    TRY(checkout_begin(checkout, CONN_READING, &again, &conn));
    e = run_fn(ctx, conn, fn, arg);
    if (conn->state != CONN_LOST)
        checkout->db->ops->rollback(conn);
    if (e == ERR_OK && conn->state != CONN_OK)
        e = conn->state == CONN_RETRY ? ERR_BUSY : ERR_DATABASE;
    checkout_return(checkout, conn);
    return e;
}

static enum err read_on(struct ctx *ctx, enum conn_use use, db_fn fn, void *arg)
{
    struct checkout checkout;
    enum err e;
    checkout_init(&checkout, ctx->app->db, use);
    e = read_once(ctx, &checkout, fn, arg);
    checkout_end(&checkout);
    return e;
}

enum err db_read(struct ctx *ctx, db_fn fn, void *arg)
{
    if (ctx->conn != NULL) {
        assert(!ctx->conn->in_row);
        return fn(ctx, arg);
    }
    return read_on(ctx, CONN_FOR_READING, fn, arg);
}

enum err db_follow(struct ctx *ctx, db_fn fn, void *arg)
{
    assert(ctx->conn == NULL);
    return read_on(ctx, CONN_FOR_FOLLOWING, fn, arg);
}
