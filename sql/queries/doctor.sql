-- What the database says of itself: its clock, and whether a committed transaction outlives a loss of power. What only
-- the other database has stands as it is when all is well.

-- name: database_durability
-- @mysql
SELECT CAST(UNIX_TIMESTAMP(SYSDATE(6)) * 1000000 AS SIGNED), @@GLOBAL.innodb_flush_log_at_trx_commit, @@GLOBAL.log_bin,
    @@GLOBAL.sync_binlog, 'wal', 2
-- @sqlite
SELECT CAST(strftime('%s', 'now') AS INTEGER) * 1000000, 1, 0, 1, j.journal_mode, s.synchronous
FROM pragma_journal_mode AS j, pragma_synchronous AS s

-- The first fault of a file that has at most so many bytes, or 'ok'; no row for a larger one, which is not read. CROSS
-- JOIN keeps the order: the size first.
-- name: database_quick_check
-- @mysql
SELECT 'ok' FROM DUAL WHERE ? > 0
-- @sqlite
SELECT c.quick_check
FROM pragma_page_count AS n CROSS JOIN pragma_page_size AS s CROSS JOIN pragma_quick_check(1) AS c
WHERE n.page_count * s.page_size <= ?

-- How many rights its user has on the whole server, and the worst of them.
-- name: database_rights
-- @mysql
SELECT COUNT(*), COALESCE(MAX(CASE privilege_type WHEN 'SUPER' THEN 'SUPER' END),
    MAX(CASE privilege_type WHEN 'FILE' THEN 'FILE' END), MIN(privilege_type))
FROM information_schema.user_privileges
WHERE grantee = CONCAT('''', REPLACE(CURRENT_USER(), '@', '''@'''), '''') AND privilege_type <> 'USAGE'
-- @sqlite
SELECT 0, NULL

-- name: attachment_any_key
-- tenant: none, any object of the store will do
SELECT object_key FROM attachments WHERE id = (SELECT MAX(id) FROM attachments)
