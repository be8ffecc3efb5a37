/*
 * The relay between the outbox, where transactions that run at the same time write their events, and the log, whose
 * positions have no gaps and are in the order in which readers come to see them. A database with one writer (SQLite) needs
 * none: its transactions write the log themselves.
 */
#ifndef PARLEY_DB_RELAY_H
#define PARLEY_DB_RELAY_H

#include <stdbool.h>
#include <stdint.h>

#include "parley/db/db.h"

/* Whether somebody has to run db_relay. */
bool db_has_relay(const struct db *db);

enum db_relay {
    DB_RELAY_NOW,    /* something has been committed */
    DB_RELAY_IF_ANY, /* maybe nothing waits: look first, and write only then */
};
/*
 * One step: moves up to DB_RELAY_ROWS_MAX committed rows, in one message, on a connection of its own outside the pools, and
 * waits for another process's step at most a second. *ret_moved_count: so many; where they are DB_RELAY_ROWS_MAX there may
 * be more. ERR_BUSY: another process was in the way, nothing is moved; to be run again. Blocks; one thread at a time.
 */
enum err db_relay(struct db *db, enum db_relay when, int64_t *ret_moved_count) MUST_CHECK;

#endif
