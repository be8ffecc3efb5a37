-- The event log. On MySQL and MariaDB a change writes into outbox, and the relay gives out positions (app/db/mysql_relay.c).

-- name: event_insert
-- @mysql
INSERT INTO outbox (kind, workspace_id, chat_id, user_id, subject, actor_id, detail, at_us) VALUES (?, ?, ?, ?, ?, ?, ?, ?)
-- @sqlite
INSERT INTO event_log (kind, workspace_id, chat_id, user_id, subject, actor_id, detail, at_us)
VALUES (?, ?, ?, ?, ?, ?, ?, ?)

-- A row with what it points to, as that is now. The statements look at all workspaces: who may hear what is decided row by
-- row (app/domain/events/event_audience.c).
-- columns: event_row = e.position, e.kind, e.workspace_id, e.chat_id, e.user_id, e.subject, e.actor_id, e.detail, e.at_us,
--     w.uuid AS workspace_uuid, c.uuid AS chat_uuid, c.join_mode, u.uuid AS user_uuid, a.uuid AS actor_uuid, b.role

-- One row at least, with the epoch and the last position, whose event is NULL where nothing is new.
-- name: event_log_after
-- @mysql
SELECT s.epoch, s.last_position, {event_row}
FROM sequencer s LEFT JOIN event_log e ON e.position > ?
    LEFT JOIN workspaces w ON w.id = e.workspace_id LEFT JOIN chats c ON c.id = e.chat_id
    LEFT JOIN users u ON u.id = e.user_id LEFT JOIN users a ON a.id = e.actor_id
    LEFT JOIN members b ON b.workspace_id = e.workspace_id AND b.user_id = e.user_id
WHERE s.id = 1
ORDER BY e.position LIMIT ?
-- @sqlite
SELECT s.epoch, (SELECT q.seq FROM sqlite_sequence q WHERE q.name = 'event_log') AS last_position, {event_row}
FROM sequencer s LEFT JOIN event_log e ON e.position > ?
    LEFT JOIN workspaces w ON w.id = e.workspace_id LEFT JOIN chats c ON c.id = e.chat_id
    LEFT JOIN users u ON u.id = e.user_id LEFT JOIN users a ON a.id = e.actor_id
    LEFT JOIN members b ON b.workspace_id = e.workspace_id AND b.user_id = e.user_id
WHERE s.id = 1
ORDER BY e.position LIMIT ?

-- name: event_log_extent
-- @mysql
SELECT s.epoch, s.last_position, (SELECT MIN(e.position) FROM event_log e) AS first_position FROM sequencer s WHERE s.id = 1
-- @sqlite
SELECT s.epoch, (SELECT q.seq FROM sqlite_sequence q WHERE q.name = 'event_log') AS last_position,
    (SELECT MIN(e.position) FROM event_log e) AS first_position
FROM sequencer s WHERE s.id = 1

-- name: event_epoch_set
UPDATE sequencer SET epoch = ? WHERE id = 1

-- name: event_chat_members
-- tenant: none, the reader of the log tells every chat's members
SELECT user_id FROM chat_members WHERE chat_id = ? ORDER BY user_id

-- What one user may have missed: of a workspace, or of one chat in it (0: all), and of everything. Whether they may hear it
-- is decided row by row; is_in_chat: they are in the chat of the row.
-- name: event_replay_of_workspace
SELECT {event_row}, CASE WHEN k.user_id IS NULL THEN 0 ELSE 1 END AS is_in_chat
FROM (SELECT position, kind, workspace_id, chat_id, user_id, subject, actor_id, detail, at_us FROM event_log
        WHERE workspace_id = ? AND position > ? AND position <= ? ORDER BY position LIMIT ?) AS e
    LEFT JOIN workspaces w ON w.id = e.workspace_id LEFT JOIN chats c ON c.id = e.chat_id
    LEFT JOIN users u ON u.id = e.user_id LEFT JOIN users a ON a.id = e.actor_id
    LEFT JOIN members b ON b.workspace_id = e.workspace_id AND b.user_id = e.user_id
    LEFT JOIN chat_members k ON k.chat_id = e.chat_id AND k.user_id = ?
WHERE 0 = ? OR e.chat_id = ?
ORDER BY e.position

-- name: event_replay_count
SELECT COUNT(*) FROM (SELECT e.position FROM event_log e WHERE e.workspace_id = ? AND e.position > ? AND e.position <= ?
    ORDER BY e.position LIMIT ?) AS looked_at

-- name: event_replay_of_user
SELECT {event_row}, CASE WHEN k.user_id IS NULL THEN 0 ELSE 1 END AS is_in_chat
FROM (SELECT position, kind, workspace_id, chat_id, user_id, subject, actor_id, detail, at_us FROM event_log
        WHERE position > ? AND position <= ? ORDER BY position LIMIT ?) AS e
    LEFT JOIN workspaces w ON w.id = e.workspace_id LEFT JOIN chats c ON c.id = e.chat_id
    LEFT JOIN users u ON u.id = e.user_id LEFT JOIN users a ON a.id = e.actor_id
    LEFT JOIN members b ON b.workspace_id = e.workspace_id AND b.user_id = e.user_id
    LEFT JOIN members o ON o.workspace_id = e.workspace_id AND o.user_id = ?
    LEFT JOIN chat_members k ON k.chat_id = e.chat_id AND k.user_id = ?
WHERE o.user_id IS NOT NULL OR e.user_id = ?
ORDER BY e.position

-- The last position of up to so many of the oldest rows that is as old as that.
-- name: event_log_expired
SELECT MAX(o.position) FROM (SELECT position, at_us FROM event_log ORDER BY position LIMIT ?) AS o WHERE o.at_us <= ?

-- name: event_log_expire
DELETE FROM event_log WHERE position <= ?
