/*
 * The database at the start of a server: migrate, prepare every statement once, compare the keys. Until that is done
 * app->db is held (db_hold), so that requests get a clean 503. A database that cannot be reached is tried again each
 * second, on a thread of its own. Private to app/cli.
 */
#ifndef PARLEY_APP_CLI_DATABASE_STARTUP_H
#define PARLEY_APP_CLI_DATABASE_STARTUP_H

#include <stdbool.h>

#include "parley/core/buf.h"
#include "parley/core/ctx.h"

struct database_startup;

/*
 * Begins, and waits a moment for the outcome. ERR_OK: done, or the database is away and the thread goes on (then a
 * failure that trying again cannot mend is logged, and SIGTERM is sent to this process). Anything else: ret_error_text has one
 * line. app is borrowed until database_startup_free.
 */
enum err database_startup_new(const struct app *app, struct buf *ret_error_text,
                              struct database_startup **ret_start) MUST_CHECK;
/* Is the database in use? */
bool database_startup_is_done(struct database_startup *start);
/* Did it end in a failure that cannot be mended? */
bool database_startup_has_failed(struct database_startup *start);
/* Ends the thread. NULL is fine. */
void database_startup_free(struct database_startup *start);

#endif
