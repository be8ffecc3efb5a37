-- The schema's versions. statement_count: of the way up; while a step is being taken back, of the way down, negative.

-- name: migration_list
SELECT version, name, checksum, statements_done, statement_count, applied_us FROM schema_migrations ORDER BY version

-- name: migration_insert
INSERT INTO schema_migrations (version, name, checksum, statements_done, statement_count, applied_us)
VALUES (?, ?, ?, ?, ?, ?)

-- name: migration_progress
UPDATE schema_migrations SET statements_done = ?, statement_count = ?, applied_us = ? WHERE version = ?

-- name: migration_delete
DELETE FROM schema_migrations WHERE version = ?
