-- columns: webhook = h.id, h.uuid, h.name, u.uuid AS user_uuid, h.created_us, h.used_us

-- Those of a chat: one's own, or as an OWNER (1) all.
-- name: webhook_list
SELECT {webhook} FROM webhooks h JOIN users u ON u.id = h.user_id
WHERE h.chat_id = ? AND h.workspace_id = ? AND (h.user_id = ? OR 1 = ?) ORDER BY h.id

-- name: webhook_count
SELECT COUNT(*) FROM webhooks WHERE chat_id = ? AND workspace_id = ?

-- name: webhook_insert
INSERT INTO webhooks (uuid, workspace_id, chat_id, user_id, name, token_hash, created_us) VALUES (?, ?, ?, ?, ?, ?, ?)

-- name: webhook_delete
DELETE FROM webhooks WHERE uuid = ? AND chat_id = ? AND workspace_id = ? AND (user_id = ? OR 1 = ?)

-- What a token is for. Its maker must be let in themselves; what they may do in the chat is asked when it posts.
-- name: webhook_by_token
SELECT h.id, h.name, h.workspace_id, h.user_id, c.uuid AS chat_uuid
FROM webhooks h JOIN chats c ON c.id = h.chat_id JOIN workspaces w ON w.id = h.workspace_id AND w.deleted_us IS NULL
    JOIN users u ON u.id = h.user_id AND u.is_active = 1 AND u.deleted_us IS NULL AND u.twofa_enabled >= w.require_2fa
WHERE h.token_hash = ?

-- Finds it still there, and holds it to the commit: what posts after it was withdrawn is refused.
-- name: webhook_use
UPDATE webhooks SET used_us = ? WHERE id = ? AND workspace_id = ?

-- The two of a chat that is moved: those whose makers are not in the other workspace go, the others go along.
-- name: webhooks_leave_behind
DELETE FROM webhooks WHERE chat_id = ? AND +workspace_id = ? AND NOT EXISTS
    (SELECT 1 FROM members m WHERE m.workspace_id = ? AND m.user_id = webhooks.user_id)

-- name: webhooks_move
UPDATE webhooks SET workspace_id = ? WHERE chat_id = ? AND +workspace_id = ?
