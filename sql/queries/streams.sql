-- What must hold for event streams to stay open, many streams at a time.

-- name: stream_sessions
SELECT s.id, s.user_id, s.expires_us, u.twofa_enabled
FROM sessions s JOIN users u ON u.id = s.user_id AND u.is_active = 1 AND u.deleted_us IS NULL
WHERE s.id IN (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) AND s.ended_us IS NULL

-- name: stream_keys
-- tenant: none, a stream by a key is of the key's workspace since it was opened
SELECT k.id, k.user_id, k.expires_us, k.scopes, u.twofa_enabled
FROM api_keys k JOIN users u ON u.id = k.user_id AND u.is_active = 1 AND u.deleted_us IS NULL
WHERE k.id IN (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) AND k.is_active = 1

-- All workspaces of some users.
-- name: stream_memberships
-- tenant: none, a stream of one's own tells of all workspaces that one is in
SELECT m.user_id, m.workspace_id, w.require_2fa
FROM members m JOIN workspaces w ON w.id = m.workspace_id AND w.deleted_us IS NULL
WHERE m.user_id IN (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)

-- Some chats, with those of some users who have joined them. No such user: one row without one.
-- name: stream_chats
-- tenant: none, each stream's own chat, held against the workspace that the stream is in
SELECT c.id, c.workspace_id, c.join_mode, m.user_id
FROM chats c LEFT JOIN chat_members m ON m.chat_id = c.id
    AND m.user_id IN (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
WHERE c.id IN (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) AND c.deleted_us IS NULL

-- A chat that somebody may read, wherever it is.
-- name: stream_focus
-- tenant: none, the chat says which workspace, and the membership is asked with it
SELECT c.id FROM chats c JOIN workspaces w ON w.id = c.workspace_id AND w.deleted_us IS NULL
    JOIN members b ON b.workspace_id = c.workspace_id AND b.user_id = ?
    LEFT JOIN chat_members m ON m.chat_id = c.id AND m.user_id = b.user_id
WHERE c.uuid = ? AND c.deleted_us IS NULL AND (c.join_mode = 0 OR m.user_id IS NOT NULL)

-- Who is in a chat, for what only small ones are told; one more than may be is too many.
-- name: people_of_workspace
SELECT user_id FROM members WHERE workspace_id = ? ORDER BY user_id LIMIT ?

-- name: people_of_chat
SELECT user_id FROM chat_members WHERE workspace_id = ? AND chat_id = ? ORDER BY user_id LIMIT ?
