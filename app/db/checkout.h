/*
 * One attempt after another to get something done on a connection, within the time limits. Private to the room.
 */
#ifndef PARLEY_APP_DB_CHECKOUT_H
#define PARLEY_APP_DB_CHECKOUT_H

#include "pool.h"

struct checkout {
    struct db *db;
    enum conn_use use;
    bool waits;
    int64_t retry_until_us; /* no attempt begins after it */
    int attempts;
    bool replaced; /* one connection turned out to be dead and was replaced; a second one is an error */
};

/* From here to checkout_end the thread counts as waiting (core/blocking.h), but for reading a file of our own. */
void checkout_init(struct checkout *checkout, struct db *db, enum conn_use use);
void checkout_end(struct checkout *checkout);
/*
 * A connection for one attempt, made ready for that mode; checkout_return gives it back. One that turns out to be dead then
 * is replaced once in a checkout's life. *ret_again is set when the database was busy. Errors of pool_checkout.
 */
enum err checkout_begin(struct checkout *checkout, enum conn_mode mode, bool *ret_again,
                        struct db_conn **ret_conn) MUST_CHECK;
void checkout_return(struct checkout *checkout, struct db_conn *conn);
/* Waits a random, growing while before the next attempt. False when the time is over. */
bool checkout_pause(struct checkout *checkout);

#endif
