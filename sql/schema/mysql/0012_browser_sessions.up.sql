-- As sqlite/0012_browser_sessions.up.sql.
ALTER TABLE sessions ADD COLUMN cookie_hash VARBINARY(32), ADD COLUMN stays TINYINT NOT NULL DEFAULT 0;
ALTER TABLE users ADD COLUMN storage_epoch BIGINT NOT NULL DEFAULT 0;
