/*
 * Connections of one use: opened when first wanted, lent to one thread at a time, first come first served. Private to
 * the room. Any thread.
 */
#ifndef PARLEY_APP_DB_POOL_H
#define PARLEY_APP_DB_POOL_H

#include "driver.h"

struct pool;

struct pool_opts {
    struct db *db;
    enum conn_use use;
    int min_count; /* idle ones above it are closed after DB_IDLE_CLOSE_MS */
    int max_count;
};

/* NULL without memory. */
struct pool *pool_new(const struct pool_opts *opts);
/* Closes all; none may be on checkout. NULL is fine. */
void pool_free(struct pool *p);
/*
 * Lends one until pool_return. ERR_BUSY: none was free until deadline_us (monotonic clock). ERR_DATABASE: a new one could
 * not be opened; for DB_RECONNECT_PAUSE_MS after that others fail at once with the same error instead of trying as well. ret_error_text
 * may be NULL; it gets the line that says why.
 */
enum err pool_checkout(struct pool *p, int64_t deadline_us, struct buf *ret_error_text,
                       struct db_conn **ret_conn) MUST_CHECK;
/* A connection that is CONN_LOST is closed. */
void pool_return(struct pool *p, struct db_conn *conn);
void pool_stats(struct pool *p, struct db_pool_stats *ret_stats);

#endif
