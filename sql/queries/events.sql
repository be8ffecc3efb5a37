-- The event log. On MySQL and MariaDB a change writes into outbox, and the relay gives out positions (app/db/mysql_relay.c).

-- name: event_insert
-- @mysql
INSERT INTO outbox (kind, workspace_id, chat_id, user_id, subject, actor_id, detail, at_us) VALUES (?, ?, ?, ?, ?, ?, ?, ?)
-- @sqlite
INSERT INTO event_log (kind, workspace_id, chat_id, user_id, subject, actor_id, detail, at_us)
VALUES (?, ?, ?, ?, ?, ?, ?, ?)
