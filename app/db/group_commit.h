/*
 * Group commit (flat combining) for a database with one writer (SQLite): a thread that finds another one writing queues its
 * transaction and sleeps. The writer, called the leader, runs the queued transactions on its own thread, each in a savepoint,
 * and one COMMIT, one fsync, makes them all durable. Without it each transaction would wait for its own fsync and its own
 * wake-up, one after the other. Private to the room. Any thread.
 */
#ifndef PARLEY_APP_DB_GROUP_COMMIT_H
#define PARLEY_APP_DB_GROUP_COMMIT_H

#include "driver.h"

struct group_commit;

/* NULL without memory. */
struct group_commit *group_commit_new(void);
/* No thread may be in group_commit_run. NULL is fine. */
void group_commit_free(struct group_commit *c);

/*
 * Runs fn in a transaction, once. *ret_again: nothing of it was committed, since the batch failed before its COMMIT or the
 * database was busy; the caller then runs it alone. ERR_COMMIT_UNKNOWN: whether the batch was committed is unknown. fn may
 * run on another thread while this one sleeps. The outcome of ctx (core/outcome.h) is left to the caller.
 */
enum err group_commit_run(struct group_commit *c, struct ctx *ctx, db_fn fn, void *arg, bool *ret_again) MUST_CHECK;

#endif
