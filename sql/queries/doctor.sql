-- What the database says of itself: its clock, and whether a committed transaction outlives a loss of power.

-- name: database_care
-- @mysql
SELECT CAST(UNIX_TIMESTAMP(SYSDATE(6)) * 1000000 AS SIGNED), @@GLOBAL.innodb_flush_log_at_trx_commit, @@GLOBAL.log_bin,
    @@GLOBAL.sync_binlog
-- @sqlite
SELECT CAST(strftime('%s', 'now') AS INTEGER) * 1000000, 1, 0, 1

-- name: attachment_any_key
-- tenant: none, any object of the store will do
SELECT object_key FROM attachments WHERE id = (SELECT MAX(id) FROM attachments)
