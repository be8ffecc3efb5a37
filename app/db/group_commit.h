/*
 * Several threads' transactions in one commit, for a database with one writer (SQLite). Whoever comes while another one
 * writes leaves its work in a queue and sleeps; the writer runs what stands in the queue on its own thread, each entry in a
 * savepoint, and one COMMIT, one wait for the disk, makes all of it durable. Flat combining; without it each transaction
 * would wait for the disk and for its thread to be woken, one after the other. Private to the room. Any thread.
 */
#ifndef PARLEY_APP_DB_GROUP_COMMIT_H
#define PARLEY_APP_DB_GROUP_COMMIT_H

#include "driver.h"

struct group_commit;

/* NULL without memory. */
struct group_commit *group_commit_new(void);
/* Nobody may be in group_commit_run. NULL is fine. */
void group_commit_free(struct group_commit *c);

/*
 * What db_run does with fn, once. *ret_again: surely nothing of it has been committed, because the whole batch failed before
 * its COMMIT could count, or the database was busy; then it is to be run by itself. ERR_COMMIT_UNKNOWN: nobody knows what
 * became of the batch. fn may run on another thread, while this one sleeps; nothing is done here with what it leaves in
 * the outcome of ctx.
 */
enum err group_commit_run(struct group_commit *c, struct ctx *ctx, db_fn fn, void *arg, bool *ret_again) MUST_CHECK;

#endif
