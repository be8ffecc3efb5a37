-- Messages that wait for their time. Only their author sees them.

-- columns: scheduled_view = s.id, s.uuid, s.chat_uuid, s.reply_to_uuid, s.content, s.send_us, s.failed_code, s.failed_us, s.version,
--     s.created_us, s.updated_us

-- name: scheduled_insert
-- event: none, because its author alone sees it, and is answered
INSERT INTO scheduled (uuid, workspace_id, user_id, key_id, chat_uuid, reply_to_uuid, content, send_us, due_us, created_us,
    updated_us)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)

-- name: scheduled_count
-- tenant: none, a person has so many on the whole server
SELECT COUNT(*) FROM scheduled WHERE user_id = ?

-- name: scheduled_list
SELECT {scheduled_view} FROM scheduled s
WHERE s.workspace_id = ? AND s.user_id = ? AND s.send_us >= ? AND (s.send_us > ? OR s.id > ?)
ORDER BY s.send_us, s.id LIMIT ?

-- name: scheduled_get
SELECT {scheduled_view} FROM scheduled s WHERE s.uuid = ? AND s.workspace_id = ? AND s.user_id = ?

-- name: scheduled_lock
SELECT {scheduled_view} FROM scheduled s WHERE s.uuid = ? AND s.workspace_id = ? AND s.user_id = ?
-- @mysql
FOR UPDATE

-- Whatever had kept it from being sent is forgotten, so that it is tried again.
-- name: scheduled_set
-- event: none, because its author alone sees it, and is answered
UPDATE scheduled SET content = ?, send_us = ?, due_us = ?, key_id = ?, failed_code = NULL, failed_us = NULL, version = version + 1,
    updated_us = ?
WHERE id = ? AND workspace_id = ? AND user_id = ?

-- name: scheduled_delete
-- event: none, because message.created tells that it was sent, and who takes it back is answered
DELETE FROM scheduled WHERE id = ? AND workspace_id = ? AND user_id = ?

-- name: work_scheduled
-- tenant: none, the job looks at every workspace
SELECT id FROM scheduled WHERE due_us <= ? ORDER BY due_us LIMIT 1

-- name: scheduled_due
-- tenant: none, the job sends those of every workspace
SELECT id FROM scheduled WHERE due_us <= ? ORDER BY due_us, id LIMIT 1

-- The row is locked alone: it is taken by who sends it, changes it or takes it back.
-- name: scheduled_take
-- tenant: none, the job sends those of every workspace
SELECT {scheduled_view}, s.workspace_id, s.user_id, s.key_id FROM scheduled s WHERE s.id = ? AND s.due_us <= ?
-- @mysql
FOR UPDATE

-- Who wrote it, and whether they could still sign in, or use the key that they used.
-- name: scheduled_author
SELECT w.uuid AS workspace_uuid, w.require_2fa, u.uuid AS user_uuid, u.kind, u.role, u.is_active, u.deleted_us, u.twofa_enabled,
    k.id AS key_id, k.is_active AS key_is_active, k.expires_us AS key_expires_us, k.scopes
FROM scheduled s JOIN workspaces w ON w.id = s.workspace_id JOIN users u ON u.id = s.user_id
    LEFT JOIN api_keys k ON k.id = s.key_id
WHERE s.id = ? AND s.workspace_id = ?

-- name: scheduled_set_failed
-- event: state
UPDATE scheduled SET due_us = NULL, failed_code = ?, failed_us = ?, version = version + 1, updated_us = ?
WHERE id = ? AND workspace_id = ? AND due_us <= ?

-- name: scheduled_chat
SELECT id FROM chats WHERE uuid = ? AND workspace_id = ?
