/*
 * The schema's versions. Numbered steps in both directions, compiled in from the files of sql/schema/<kind>,
 * each with a checksum. All functions hold the migration lock while they work, so of many processes that start at once
 * one migrates and the others wait (up to 60 s). MySQL's DDL commits by itself: every statement of a step is counted in
 * the table schema_migrations, and a step that was cut off goes on where it stopped.
 * ret_error_text (initialised buf) gets one line: what is wrong and what to do: a changed checksum, a gap, a database newer
 * than the program.
 */
#ifndef PARLEY_DB_MIGRATE_H
#define PARLEY_DB_MIGRATE_H

#include "parley/db/db.h"

/* Brings the database to version `target`; MIGRATE_NEWEST for the newest. *ret_steps: how many were taken. */
enum { MIGRATE_NEWEST = -1 };
enum err migrate_up(struct db *db, int target, struct buf *ret_error_text, int *ret_steps) MUST_CHECK;
/* Takes back all versions above `target`. */
enum err migrate_down(struct db *db, int target, struct buf *ret_error_text, int *ret_steps) MUST_CHECK;
/* Marks everything up to `target` as done without running it, for a database whose tables were made otherwise. */
enum err migrate_stamp(struct db *db, int target, struct buf *ret_error_text) MUST_CHECK;
/* ERR_OK when the database is exactly at the newest version; else ERR_CONFLICT and the fault line. */
enum err migrate_check(struct db *db, struct buf *ret_error_text) MUST_CHECK;
/* *ret_version: the newest that was begun here; 0: our tables are not in this database. */
enum err migrate_version(struct db *db, struct buf *ret_error_text, int *ret_version) MUST_CHECK;
/* A line per version: number, name, "applied <time>" or "pending". */
enum err migrate_status(struct db *db, struct buf *ret_text, struct buf *ret_error_text) MUST_CHECK;

#endif
