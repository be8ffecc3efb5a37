/* How db_run calls what it is given. Private to the room. */
#ifndef PARLEY_APP_DB_TRANSACTION_H
#define PARLEY_APP_DB_TRANSACTION_H

#include "driver.h"

/* Runs fn on the connection, from a clean problem. */
enum err transaction_call(struct ctx *ctx, struct db_conn *conn, db_fn fn, void *arg);
/* A line for a commit that failed; but a busy database is asked again, so that is expected. */
void transaction_log_commit(const struct db_conn *conn, enum err e);

#endif
