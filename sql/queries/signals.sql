-- What a process tells the others where there is no Redis.

-- name: signal_insert
INSERT INTO signals (node_id, kind, workspace_id, chat_id, user_id, at_us) VALUES (?, ?, ?, ?, ?, ?)

-- name: signal_last
SELECT MAX(id) FROM signals

-- What others have told lately, with what it points to as that is now.
-- name: signals_after
SELECT s.id, s.kind, s.workspace_id, s.chat_id, s.user_id, c.uuid AS chat_uuid, c.join_mode, u.uuid AS user_uuid
FROM signals s LEFT JOIN chats c ON c.id = s.chat_id AND c.workspace_id = s.workspace_id AND c.deleted_us IS NULL
    LEFT JOIN users u ON u.id = s.user_id
WHERE s.id > ? AND s.at_us > ? AND s.node_id <> ? ORDER BY s.id LIMIT ?

-- The last of up to so many of the oldest that is as old as that.
-- name: signals_expired
SELECT MAX(o.id) FROM (SELECT id, at_us FROM signals ORDER BY id LIMIT ?) AS o WHERE o.at_us <= ?

-- name: signals_expire
DELETE FROM signals WHERE id <= ?

-- The oldest, if it is that old.
-- name: work_signals
SELECT o.id FROM (SELECT id, at_us FROM signals ORDER BY id LIMIT 1) AS o WHERE o.at_us <= ?
