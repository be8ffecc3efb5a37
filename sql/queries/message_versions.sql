-- What edited messages said before.

-- name: message_version_insert
INSERT INTO message_versions (message_id, version, workspace_id, content, created_us) VALUES (?, ?, ?, ?, ?)

-- name: message_version_list
SELECT version, content, created_us FROM message_versions
WHERE message_id = ? AND workspace_id = ? AND version > ? ORDER BY version LIMIT ?

-- name: message_versions_delete
DELETE FROM message_versions WHERE message_id = ? AND workspace_id = ?

-- name: message_versions_move
-- event: none, because chat_move tells of the chat with all that is in it
-- @mysql
UPDATE messages m JOIN message_versions v ON v.message_id = m.id SET v.workspace_id = ?
WHERE m.chat_id = ? AND m.workspace_id = ? AND m.seq > ? AND m.seq <= ? AND m.edited_us IS NOT NULL
-- @sqlite
UPDATE message_versions SET workspace_id = ? WHERE message_id IN (SELECT m.id FROM messages m
    WHERE m.chat_id = ? AND m.workspace_id = ? AND m.seq > ? AND m.seq <= ? AND m.edited_us IS NOT NULL)
