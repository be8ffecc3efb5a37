/*
 * One server for one SQLite file: what is cached, who has streams and what was told is known to that process alone. A lock
 * beside the file, which the kernel takes back when the process ends, however it does. Private to app/cli.
 */
#ifndef PARLEY_APP_CLI_DATABASE_LOCK_H
#define PARLEY_APP_CLI_DATABASE_LOCK_H

#include "parley/core/buf.h"
#include "parley/core/err.h"
#include "parley/db/db.h"

/*
 * Takes it; a server that is just stopping is waited for, DATABASE_LOCK_MAX_S. A database server needs none: *ret_fd is -1.
 * ERR_CONFLICT: another server is running; ERR_UNAVAILABLE: the lock cannot be made or taken; both with a line in ret_error_text.
 */
enum err database_lock_take(const struct db *db, struct buf *ret_error_text, int *ret_fd) MUST_CHECK;
/* -1 is fine. */
void database_lock_release(int fd);

#endif
