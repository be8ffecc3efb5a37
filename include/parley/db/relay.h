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

/*
 * Whether several servers hold the same rows and take writes (Galera, Group Replication), as the first connection was told;
 * false until then. Steps of several processes are correct there as well, but they lose races to one another.
 */
bool db_is_cluster(const struct db *db);

enum db_relay {
    DB_RELAY_NOW,    /* something has been committed */
    DB_RELAY_IF_ANY, /* maybe nothing waits: look first, and write only then */
    DB_RELAY_IF_STUCK, /* somebody else moves what waits: only where the first of it is the same as at the last such look */
};
/*
 * One step: moves up to DB_RELAY_ROWS_MAX committed rows, in one message, on a connection of its own outside the pools, and
 * waits for another process's step at most a second. *ret_moved_count: so many; where they are DB_RELAY_ROWS_MAX there may
 * be more. ERR_BUSY: another process was in the way, nothing is moved; to be run again. Blocks; one thread at a time.
 */
enum err db_relay(struct db *db, enum db_relay when, int64_t *ret_moved_count) MUST_CHECK;

#endif
