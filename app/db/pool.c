#include "pool.h"

#include <errno.h>
#include <stdlib.h>

#include "parley/core/clock.h"
#include "parley/core/log.h"

/* A thread that waits for a checkout; on its own stack. */
struct waiter {
    pthread_cond_t wake;
    struct db_conn *conn; /* handed over */
    bool served;          /* with conn, or with the right to open one when conn is NULL */
    struct waiter *next;
};

struct pool {
    struct pool_opts opts;
    pthread_condattr_t clock;
    pthread_mutex_t mutex; /* guards all below */
    struct db_conn *idle;  /* newest first, so that those which are not needed age and are closed */
    int idle_count;
    int total_count; /* idle, lent, and being opened */
    struct waiter *first, *last;
    int waiting_count;
    int64_t checkout_count, busy_count, wait_us, connect_failed_count; /* since the start */
    bool away;                                                         /* the last try to open one failed */
    bool trying;                                                       /* while away: one thread is trying */
    int64_t away_until_us;                                             /* nobody tries before */
};

struct pool *pool_new(const struct pool_opts *opts)
{
    struct pool *p = calloc(1, sizeof(*p));
    if (p == NULL)
        return NULL;
    p->opts = *opts;
    pthread_mutex_init(&p->mutex, NULL);
    pthread_condattr_init(&p->clock);
    pthread_condattr_setclock(&p->clock, CLOCK_MONOTONIC);
    return p;
}

static const struct db_ops *ops_of(const struct pool *p)
{
    return p->opts.db->ops;
}

void pool_free(struct pool *p)
{
    if (p == NULL)
        return;
    while (p->idle != NULL) {
        struct db_conn *conn = p->idle;
        p->idle = conn->next;
        ops_of(p)->close(conn);
    }
    pthread_condattr_destroy(&p->clock);
    pthread_mutex_destroy(&p->mutex);
    free(p);
}

/* Serves the first who waits with conn, or with the right to open one (NULL). False when nobody waits. Locked. */
static bool serve_waiter(struct pool *p, struct db_conn *conn)
{
    struct waiter *w = p->first;
    if (w == NULL)
        return false;
    p->first = w->next;
    if (p->first == NULL)
        p->last = NULL;
    w->conn = conn;
    w->served = true;
    pthread_cond_signal(&w->wake);
    return true;
}

static void forget_waiter(struct pool *p, struct waiter *gone)
{
    struct waiter *before = NULL;
    for (struct waiter *w = p->first; w != gone; w = w->next)
        before = w;
    if (before == NULL)
        p->first = gone->next;
    else
        before->next = gone->next;
    if (p->last == gone)
        p->last = before;
}

/* Waits for its turn. Locked. */
static enum err wait_turn(struct pool *p, int64_t deadline_us, struct db_conn **ret_conn)
{
    struct waiter w = { .served = false };
    struct timespec until = clock_deadline(deadline_us);
    int64_t began_us = clock_monotonic_us();
    int rc = 0;
    pthread_cond_init(&w.wake, &p->clock);
    if (p->last == NULL)
        p->first = &w;
    else
        p->last->next = &w;
    p->last = &w;
    p->waiting_count++;
    while (!w.served && rc != ETIMEDOUT)
        rc = pthread_cond_timedwait(&w.wake, &p->mutex, &until);
    if (!w.served)
        forget_waiter(p, &w);
    pthread_cond_destroy(&w.wake);
    p->waiting_count--;
    p->wait_us += clock_monotonic_us() - began_us;
    if (!w.served)
        return ERR_BUSY;
    *ret_conn = w.conn;
    return ERR_OK;
}

/* A connection, or NULL: the right to open one. */
static enum err take(struct pool *p, int64_t deadline_us, struct db_conn **ret_conn)
{
    enum err e = ERR_OK;
    struct db_conn *conn = NULL;
    pthread_mutex_lock(&p->mutex);
    if (p->first == NULL && p->idle != NULL) {
        conn = p->idle;
        p->idle = conn->next;
        p->idle_count--;
    } else if (p->first == NULL && p->total_count < p->opts.max_count) {
        p->total_count++;
    } else {
        e = wait_turn(p, deadline_us, &conn);
    }
    p->checkout_count++;
    p->busy_count += e == ERR_BUSY;
    pthread_mutex_unlock(&p->mutex);
    if (e == ERR_OK)
        *ret_conn = conn;
    return e;
}

/* Gives back the right to have one connection. Locked. */
static void give_up_place(struct pool *p)
{
    if (!serve_waiter(p, NULL))
        p->total_count--;
}

static void drop(struct pool *p, struct db_conn *conn)
{
    ops_of(p)->close(conn);
    pthread_mutex_lock(&p->mutex);
    give_up_place(p);
    pthread_mutex_unlock(&p->mutex);
}

/* While the database is away one thread at a time tries, after a pause. */
static bool may_try(struct pool *p)
{
    bool may;
    pthread_mutex_lock(&p->mutex);
    may = !p->away || (!p->trying && clock_monotonic_us() >= p->away_until_us);
    if (may && p->away)
        p->trying = true;
    if (!may)
        give_up_place(p);
    pthread_mutex_unlock(&p->mutex);
    return may;
}

static void note_try(struct pool *p, enum err e, const struct buf *error_text)
{
    bool was_away;
    pthread_mutex_lock(&p->mutex);
    was_away = p->away;
    p->away = e != ERR_OK;
    p->trying = false;
    if (e != ERR_OK) {
        p->connect_failed_count++;
        p->away_until_us = clock_monotonic_us() + DB_RECONNECT_PAUSE_MS * US_PER_MS;
        give_up_place(p);
    }
    pthread_mutex_unlock(&p->mutex);
    if (p->opts.use >= CONN_FOR_PING)
        return; /* the caller reports it (readiness, the event log); requests that need the database log it */
    if (e != ERR_OK && !was_away)
        log_event(LOG_ERROR, "the database cannot be reached", LOG_STR("why", buf_str(error_text)));
    if (e == ERR_OK && was_away)
        log_text(LOG_INFO, "the database is back");
}

static enum err open_one(struct pool *p, struct buf *ret_error_text, struct db_conn **ret_conn)
{
    struct buf error_text;
    struct db_conn *conn = NULL;
    enum err e;
    if (!may_try(p)) {
        if (ret_error_text != NULL)
            buf_add_c(ret_error_text, "the database could not be reached a moment ago");
        return ERR_DATABASE;
    }
    buf_init(&error_text, DB_FAULT_MAX_BYTES);
    e = ops_of(p)->open(p->opts.db, p->opts.use, &error_text, &conn);
    note_try(p, e, &error_text);
    if (e == ERR_OK)
        *ret_conn = conn;
    else if (ret_error_text != NULL)
        buf_add(ret_error_text, buf_str(&error_text));
    buf_release(&error_text);
    return e == ERR_DATABASE_REFUSED ? ERR_DATABASE : e; /* to a request it is away all the same */
}

enum err pool_checkout(struct pool *p, int64_t deadline_us, struct buf *ret_error_text, struct db_conn **ret_conn)
{
    for (;;) {
        struct db_conn *conn = NULL;
        TRY(take(p, deadline_us, &conn));
        if (conn == NULL)
            return open_one(p, ret_error_text, ret_conn);
        if (ops_of(p)->alive(conn, clock_monotonic_us() - conn->idle_since_us)) {
            conn->next = NULL;
            *ret_conn = conn;
            return ERR_OK;
        }
        drop(p, conn);
    }
}

/* Removes the oldest idle connection where there are more than min_count and it has been idle for long. Locked. */
static struct db_conn *take_stale(struct pool *p, int64_t now_us)
{
    struct db_conn **place;
    struct db_conn *oldest;
    if (p->idle == NULL || p->total_count <= p->opts.min_count)
        return NULL;
    place = &p->idle;
    while ((*place)->next != NULL)
        place = &(*place)->next;
    oldest = *place;
    if (now_us - oldest->idle_since_us < DB_IDLE_CLOSE_MS * US_PER_MS)
        return NULL;
    *place = NULL;
    p->idle_count--;
    p->total_count--;
    return oldest;
}

void pool_return(struct pool *p, struct db_conn *conn)
{
    struct db_conn *stale;
    if (conn->state == CONN_LOST) {
        drop(p, conn);
        return;
    }
    conn->state = CONN_OK;
    conn->mode = CONN_AUTOCOMMIT;
    conn->idle_since_us = clock_monotonic_us();
    pthread_mutex_lock(&p->mutex);
    if (!serve_waiter(p, conn)) {
        conn->next = p->idle;
        p->idle = conn;
        p->idle_count++;
    }
    stale = take_stale(p, clock_monotonic_us());
    pthread_mutex_unlock(&p->mutex);
    if (stale != NULL)
        ops_of(p)->close(stale);
}

void pool_stats(struct pool *p, struct db_pool_stats *ret_stats)
{
    pthread_mutex_lock(&p->mutex);
    *ret_stats = (struct db_pool_stats){ .total_count = p->total_count,
                                         .idle_count = p->idle_count,
                                         .max_count = p->opts.max_count,
                                         .waiting_count = p->waiting_count,
                                         .checkout_count = p->checkout_count,
                                         .busy_count = p->busy_count,
                                         .wait_us = p->wait_us,
                                         .connect_failed_count = p->connect_failed_count,
                                         .away = p->away };
    pthread_mutex_unlock(&p->mutex);
}
