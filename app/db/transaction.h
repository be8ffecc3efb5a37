/* How db_run calls what it is given. Private to the room. */
#ifndef PARLEY_APP_DB_TRANSACTION_H
#define PARLEY_APP_DB_TRANSACTION_H

#include "driver.h"

/* Runs fn on the connection, from a clean problem. */
enum err transaction_call(struct ctx *ctx, struct db_conn *conn, db_fn fn, void *arg);
/*
 * Before the commit, or behind a statement that commits by itself: whether each kind of event that its statements made due
 * (`-- event:`, sql/README.md) was told. One that was not aborts the program in builds for tests; else it is logged, since a
 * change that open streams do not hear of is better than one that is refused.
 */
void transaction_check_events(struct ctx *ctx);
/* A line for a commit that failed; but a busy database is asked again, so that is expected. */
void transaction_log_commit(const struct db_conn *conn, enum err e);

#endif
