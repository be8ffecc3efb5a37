/*
 * One attempt after another to get something done on a connection, within the time limits. Private to the room.
 */
#ifndef PARLEY_APP_DB_LEASE_H
#define PARLEY_APP_DB_LEASE_H

#include "pool.h"

struct lease {
    struct db *db;
    int64_t retry_until_us; /* no attempt begins after it */
    int attempts;
};

void lease_init(struct lease *lease, struct db *db);
/* A connection for one attempt; pool_return gives it back. Errors of pool_lease. */
enum err lease_take(struct lease *lease, enum conn_use use, struct db_conn **ret_conn) MUST_CHECK;
/*
 * The same inside a transaction of that mode. A connection that turns out to be dead at BEGIN is replaced once.
 * *ret_again is set when the database was busy.
 */
enum err lease_begin(struct lease *lease, enum conn_mode mode, bool *ret_again, struct db_conn **ret_conn) MUST_CHECK;
/* Waits a random, growing while before the next attempt. False when the time is over. */
bool lease_pause(struct lease *lease);

#endif
