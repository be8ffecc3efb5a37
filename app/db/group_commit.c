#include "group_commit.h"

#include <stdlib.h>

#include "checkout.h"
#include "parley/core/blocking.h"
#include "transaction.h"

/* One queued transaction; on the stack of the thread that wants it. */
struct entry {
    struct ctx *ctx;
    db_fn fn;
    void *arg;
    enum err err;
    bool again; /* nothing of it was done: run it alone */
    bool done;
    bool leads; /* its thread is the next leader: it runs the next batch */
    pthread_cond_t wake;
    struct entry *next;
};

struct group_commit {
    pthread_mutex_t mutex; /* guards the queue, and `done` and `leads` of its entries */
    struct entry *first, *last;
    bool running; /* a batch is under way */
};

struct group_commit *group_commit_new(void)
{
    struct group_commit *c = calloc(1, sizeof(*c));
    if (c != NULL)
        pthread_mutex_init(&c->mutex, NULL);
    return c;
}

void group_commit_free(struct group_commit *c)
{
    if (c == NULL)
        return;
    pthread_mutex_destroy(&c->mutex);
    free(c);
}

/* In a savepoint, so that a failure rolls back this entry alone. False: the whole batch must be rolled back. */
static bool run_entry(struct db_conn *conn, struct entry *p)
{
    const struct db_ops *ops = conn->db->ops;
    const char *text;
    if (ops->run_text(conn, "SAVEPOINT entry") != ERR_OK)
        return false;
    p->err = transaction_call(p->ctx, conn, p->fn, p->arg);
    if (conn->state != CONN_OK)
        return false;
    text = p->err == ERR_OK ? "RELEASE entry" : "ROLLBACK TO entry; RELEASE entry";
    return ops->run_text(conn, text) == ERR_OK;
}

/* Nothing of the batch was committed. Each thread runs its entry alone, so that only the one at fault gets the error. */
static void batch_abandon(struct entry *batch)
{
    for (struct entry *p = batch; p != NULL; p = p->next)
        p->again = true;
}

/* The COMMIT's outcome is unknown. An entry that had failed keeps its own error: its savepoint was rolled back before. */
static void batch_unknown(struct entry *batch)
{
    for (struct entry *p = batch; p != NULL; p = p->next)
        if (p->err == ERR_OK)
            p->err = ERR_COMMIT_UNKNOWN;
}

static void run_checked_out(struct checkout *checkout, struct entry *batch)
{
    struct db_conn *conn = NULL;
    bool again = false;
    enum err e = checkout_begin(checkout, CONN_CHANGING, &again, &conn);
    bool whole = true;
    bool unknown = false;
    if (e != ERR_OK) {
        for (struct entry *p = batch; p != NULL; p = p->next) {
            p->err = e;
            p->again = again;
        }
        return;
    }
    for (struct entry *p = batch; p != NULL && whole; p = p->next)
        whole = run_entry(conn, p);
    if (whole) {
        e = checkout->db->ops->commit(conn);
        unknown = e == ERR_COMMIT_UNKNOWN;
        whole = e == ERR_OK;
        transaction_log_commit(conn, e);
    }
    if (!whole && conn->state != CONN_LOST)
        checkout->db->ops->rollback(conn);
    checkout_return(checkout, conn);
    if (unknown)
        batch_unknown(batch);
    else if (!whole)
        batch_abandon(batch);
}

static void run_batch(struct db *db, struct entry *batch)
{
    struct checkout checkout;
    checkout_init(&checkout, db, CONN_FOR_WRITING);
    run_checked_out(&checkout, batch);
    checkout_end(&checkout);
}

/* Takes up to GROUP_COMMIT_MAX entries out of the queue. Locked; the queue is not empty. */
static struct entry *take_batch(struct group_commit *c)
{
    struct entry *batch = c->first;
    struct entry *last = batch;
    for (int count = 1; count < GROUP_COMMIT_MAX && last->next != NULL; count++)
        last = last->next;
    c->first = last->next;
    if (c->first == NULL)
        c->last = NULL;
    last->next = NULL;
    return batch;
}

/* Wakes the threads of the batch, but for the leader, and makes the first of the queue the next leader. Locked. */
static void end_batch(struct group_commit *c, struct entry *batch, const struct entry *leader)
{
    for (struct entry *p = batch, *next = NULL; p != NULL; p = next) {
        next = p->next; /* read first: once `done` is set, the thread may return and its entry is off the stack */
        p->done = true;
        if (p != leader)
            pthread_cond_signal(&p->wake);
    }
    c->running = c->first != NULL;
    if (c->running) {
        c->first->leads = true;
        pthread_cond_signal(&c->first->wake);
    }
}

static void enqueue(struct group_commit *c, struct entry *p)
{
    if (c->last == NULL)
        c->first = p;
    else
        c->last->next = p;
    c->last = p;
}

enum err group_commit_run(struct group_commit *c, struct ctx *ctx, db_fn fn, void *arg, bool *ret_again)
{
    struct entry own = { .ctx = ctx, .fn = fn, .arg = arg };
    pthread_cond_init(&own.wake, NULL);
    blocking_begin();
    pthread_mutex_lock(&c->mutex);
    enqueue(c, &own);
    own.leads = !c->running;
    c->running = true;
    while (!own.done && !own.leads)
        pthread_cond_wait(&own.wake, &c->mutex);
    if (!own.done) {
        struct entry *batch = take_batch(c);
        pthread_mutex_unlock(&c->mutex);
        run_batch(ctx->app->db, batch);
        pthread_mutex_lock(&c->mutex);
        end_batch(c, batch, &own);
    }
    pthread_mutex_unlock(&c->mutex);
    blocking_end();
    pthread_cond_destroy(&own.wake);
    *ret_again = own.again;
    return own.err;
}
