/* How db_run calls what it is given. Private to the room. */
#ifndef PARLEY_APP_DB_TRANSACTION_H
#define PARLEY_APP_DB_TRANSACTION_H

#include "driver.h"

/* Runs fn on the connection, from a clean problem; what a failed one noted for the log is forgotten. */
enum err transaction_call(struct ctx *ctx, struct db_conn *conn, db_fn fn, void *arg);

#endif
