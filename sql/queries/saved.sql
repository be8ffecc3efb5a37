-- Messages that somebody keeps for themselves.

-- name: saved_insert
-- event: message.saved
INSERT INTO saved (workspace_id, user_id, message_id, saved_us) VALUES (?, ?, ?, ?)

-- name: saved_count
-- tenant: none, a person has so many on the whole server
SELECT COUNT(*) FROM saved WHERE user_id = ?

-- Whether or not one may still read it.
-- name: saved_find
SELECT m.id, m.chat_id FROM messages m JOIN saved s ON s.message_id = m.id AND s.user_id = ?
WHERE m.uuid = ? AND m.workspace_id = ?

-- name: saved_delete
-- event: message.saved
DELETE FROM saved WHERE user_id = ? AND message_id = ? AND workspace_id = ?

-- name: message_set_has_saves
-- event: none, because what somebody keeps is told to nobody else
UPDATE messages SET has_saves = 1 WHERE id = ? AND chat_id = ? AND workspace_id = ? AND has_saves = 0

-- Those that one may read at this moment (chat.h: CHAT_READ), the last saved first.
-- name: saved_list
SELECT {message}, s.id AS saved_id, s.saved_us, c.uuid AS chat_uuid, r.uuid AS reply_to_uuid, o.uuid AS root_uuid
FROM saved s JOIN messages m ON m.id = s.message_id AND m.workspace_id = s.workspace_id AND m.deleted_us IS NULL
    JOIN chats c ON c.id = m.chat_id AND c.workspace_id = m.workspace_id AND c.deleted_us IS NULL
    LEFT JOIN messages r ON r.id = m.reply_to LEFT JOIN messages o ON o.id = m.root_id
WHERE s.workspace_id = ? AND s.user_id = ? AND s.id < ? AND (c.join_mode = 0 OR EXISTS
    (SELECT 1 FROM chat_members k WHERE k.chat_id = c.id AND k.user_id = s.user_id))
ORDER BY s.id DESC LIMIT ?

-- Which of these a user has saved. Lists of fifty ? take MESSAGE_PARTS_AT_ONCE ids; who has fewer names one again.
-- name: saved_of_messages
SELECT message_id FROM saved WHERE user_id = ?
    AND message_id IN (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?,
    ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
    AND workspace_id = COALESCE(?, workspace_id)
ORDER BY message_id

-- name: saved_delete_of_message
-- event: none, because message.deleted tells it with its message
DELETE FROM saved WHERE message_id = ? AND workspace_id = ?

-- A chat moves: who is not in the workspace that it goes to keeps nothing of it.
-- name: saved_leave_behind
-- event: none, because chat_move tells of the chat with all that is in it
-- @mysql
DELETE s FROM messages m JOIN saved s ON s.message_id = m.id
    LEFT JOIN members b ON b.workspace_id = ? AND b.user_id = s.user_id
WHERE m.chat_id = ? AND m.workspace_id = ? AND m.seq > ? AND m.seq <= ? AND m.has_saves = 1 AND b.user_id IS NULL
-- @sqlite
DELETE FROM saved WHERE NOT EXISTS (SELECT 1 FROM members b WHERE b.workspace_id = ? AND b.user_id = saved.user_id)
    AND message_id IN (SELECT m.id FROM messages m
    WHERE m.chat_id = ? AND m.workspace_id = ? AND m.seq > ? AND m.seq <= ? AND m.has_saves = 1)

-- name: saved_move
-- event: none, because chat_move tells of the chat with all that is in it
-- @mysql
UPDATE messages m JOIN saved s ON s.message_id = m.id SET s.workspace_id = ?
WHERE m.chat_id = ? AND m.workspace_id = ? AND m.seq > ? AND m.seq <= ? AND m.has_saves = 1
-- @sqlite
UPDATE saved SET workspace_id = ? WHERE message_id IN (SELECT m.id FROM messages m
    WHERE m.chat_id = ? AND m.workspace_id = ? AND m.seq > ? AND m.seq <= ? AND m.has_saves = 1)
