-- What the database says of itself: its clock, and whether a committed transaction outlives a loss of power. What only
-- the other database has stands as it is when all is well.

-- name: database_durability
-- @mysql
SELECT CAST(UNIX_TIMESTAMP(SYSDATE(6)) * 1000000 AS SIGNED) AS now_us,
    @@GLOBAL.innodb_flush_log_at_trx_commit AS flush_at_commit, @@GLOBAL.log_bin AS has_binlog,
    @@GLOBAL.sync_binlog AS sync_binlog, 'wal' AS journal_mode, 2 AS synchronous
-- @sqlite
SELECT CAST(strftime('%s', 'now') AS INTEGER) * 1000000 AS now_us, 1 AS flush_at_commit, 0 AS has_binlog, 1 AS sync_binlog,
    j.journal_mode, s.synchronous
FROM pragma_journal_mode AS j, pragma_synchronous AS s

-- The first fault of a file that has at most so many bytes, or 'ok'; no row for a larger one, which is not read. CROSS
-- JOIN keeps the order: the size first.
-- name: database_quick_check
-- @mysql
SELECT 'ok' AS quick_check FROM DUAL WHERE ? > 0
-- @sqlite
SELECT c.quick_check
FROM pragma_page_count AS n CROSS JOIN pragma_page_size AS s CROSS JOIN pragma_quick_check(1) AS c
WHERE n.page_count * s.page_size <= ?

-- How many rights its user has on the whole server, and the worst of them.
-- name: database_rights
-- @mysql
SELECT COUNT(*) AS rights_count, COALESCE(MAX(CASE privilege_type WHEN 'SUPER' THEN 'SUPER' END),
    MAX(CASE privilege_type WHEN 'FILE' THEN 'FILE' END), MIN(privilege_type)) AS worst
FROM information_schema.user_privileges
WHERE grantee = CONCAT('''', REPLACE(CURRENT_USER(), '@', '''@'''), '''') AND privilege_type <> 'USAGE'
-- @sqlite
SELECT 0 AS rights_count, NULL AS worst

-- name: attachment_any_key
-- tenant: none, any object of the store will do
SELECT object_key FROM attachments WHERE id = (SELECT MAX(id) FROM attachments)
