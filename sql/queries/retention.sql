-- What workspaces keep for so many days only (domain/lifecycle/retention.h).

-- name: retention_workspace_next
SELECT id, retention_days FROM workspaces
WHERE retention_days > 0 AND id > ? AND deleted_us IS NULL ORDER BY id LIMIT 1

-- Whose run was cut off, and which keep everything now: what had gone by then is still to be told (4: ERASURE_BY_RETENTION).
-- name: retention_owed_next
SELECT w.id FROM erasures e JOIN workspaces w ON w.id = e.subject_id AND w.retention_days IS NULL AND w.deleted_us IS NULL
WHERE e.kind = 4 LIMIT 1

-- Inside the transaction that removes something of it: as it was when its turn began? Held to the commit: whoever is answered
-- that it is another way now loses nothing afterwards.
-- name: retention_holds
SELECT id FROM workspaces WHERE id = ? AND retention_days = ? AND deleted_us IS NULL
-- @mysql
LOCK IN SHARE MODE

-- Chats whose first message is older.
-- name: retention_chats
SELECT c.id FROM chats c
WHERE c.workspace_id = ? AND c.id > ? AND c.deleted_us IS NULL
    AND (SELECT m.created_us FROM messages m WHERE m.chat_id = c.id ORDER BY m.seq LIMIT 1) < ?
ORDER BY c.id LIMIT ?

-- name: retention_first
SELECT m.seq, m.created_us FROM messages m WHERE m.chat_id = ? AND m.workspace_id = ? ORDER BY m.seq LIMIT ?

-- name: retention_first_kept
SELECT m.seq FROM messages m WHERE m.chat_id = ? AND m.workspace_id = ? AND m.created_us >= ? ORDER BY m.seq LIMIT 1

-- name: retention_messages
SELECT COUNT(*) FROM messages m WHERE m.chat_id = ? AND m.workspace_id = ? AND m.seq < ?

-- An object goes with its last row: it is counted there, unless one of the others stays. Those stay that no message of the
-- workspace has, or one that is not old, or behind such a one.
-- name: retention_files
SELECT COUNT(*) AS file_count, COALESCE(SUM(CASE WHEN EXISTS
    (SELECT 1 FROM attachments o LEFT JOIN messages n ON n.id = o.message_id
    WHERE o.object_key = a.object_key AND o.id <> a.id AND (o.id > a.id OR n.id IS NULL OR n.workspace_id <> a.workspace_id
        OR EXISTS (SELECT 1 FROM messages k WHERE k.chat_id = n.chat_id AND k.seq <= n.seq AND k.created_us >= ?)))
    THEN 0 ELSE a.size_bytes END), 0) AS byte_count
FROM messages m JOIN attachments a ON a.message_id = m.id
WHERE m.chat_id = ? AND m.workspace_id = ? AND m.seq < ? AND m.attachment_count > 0

-- name: retention_going
SELECT {message_gone} FROM messages WHERE chat_id = ? AND workspace_id = ? AND seq <= ? ORDER BY seq

-- name: retention_gaps
INSERT INTO chat_gaps (chat_id, seq, workspace_id)
SELECT m.chat_id, m.seq, m.workspace_id FROM messages m
WHERE m.chat_id = ? AND m.workspace_id = ? AND m.seq <= ? AND m.deleted_us IS NULL

-- name: retention_delete
-- event: message.deleted
DELETE FROM messages WHERE chat_id = ? AND workspace_id = ? AND seq <= ?
