-- Reactions to messages, each of a kind (an emoji) and a user.

-- name: reaction_insert
-- event: reaction.changed
INSERT INTO reactions (message_id, emoji, user_id, workspace_id, created_us) VALUES (?, ?, ?, ?, ?)

-- name: reaction_delete
-- event: reaction.changed
DELETE FROM reactions WHERE message_id = ? AND emoji = ? AND user_id = ? AND workspace_id = ?

-- name: reaction_count
SELECT COUNT(*) FROM reactions WHERE message_id = ? AND emoji = ? AND workspace_id = ?

-- name: reaction_kind_count
SELECT COUNT(DISTINCT emoji) FROM reactions WHERE message_id = ? AND workspace_id = ?

-- name: reactions_delete_of_message
-- event: none, because message.deleted tells it with its message
DELETE FROM reactions WHERE message_id = ? AND workspace_id = ?

-- name: reactions_delete_of_user
-- tenant: none, an account leaves the whole server
-- event: none, because member.left tells that the account is gone
DELETE FROM reactions WHERE user_id = ?

-- Lists of fifty ? take MESSAGE_PARTS_AT_ONCE ids; who has fewer names one again; workspace NULL: any, for events. Kinds in the order in which they came.
-- name: reactions_of_messages
SELECT r.message_id, r.emoji, COUNT(*) AS user_count, MAX(CASE WHEN r.user_id = ? THEN 1 ELSE 0 END) AS is_mine
FROM reactions r
WHERE r.message_id IN (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?,
    ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
    AND r.workspace_id = COALESCE(?, r.workspace_id)
GROUP BY r.message_id, r.emoji
ORDER BY r.message_id, MIN(r.created_us), r.emoji

-- name: reactions_move
-- event: none, because chat_move tells of the chat with all that is in it
-- @mysql
UPDATE messages m JOIN reactions r ON r.message_id = m.id SET r.workspace_id = ?
WHERE m.chat_id = ? AND m.workspace_id = ? AND m.seq > ? AND m.seq <= ? AND m.has_reactions = 1
-- @sqlite
UPDATE reactions SET workspace_id = ? WHERE message_id IN (SELECT m.id FROM messages m
    WHERE m.chat_id = ? AND m.workspace_id = ? AND m.seq > ? AND m.seq <= ? AND m.has_reactions = 1)

-- ---- pins ----

-- name: pin_insert
-- event: message.pinned
INSERT INTO pins (message_id, chat_id, workspace_id, pinned_by, pinned_us) VALUES (?, ?, ?, ?, ?)

-- name: pin_delete
-- event: message.pinned
DELETE FROM pins WHERE message_id = ? AND workspace_id = ?

-- name: pin_delete_of_message
-- event: none, because message.deleted tells it with its message
DELETE FROM pins WHERE message_id = ? AND workspace_id = ?

-- name: pin_count
SELECT COUNT(*) FROM pins WHERE chat_id = ? AND workspace_id = ?

-- name: pin_list
SELECT {message} FROM pins p JOIN messages m ON m.id = p.message_id AND m.workspace_id = p.workspace_id
WHERE p.chat_id = ? AND p.workspace_id = ? AND m.deleted_us IS NULL
ORDER BY p.pinned_us DESC, p.message_id DESC LIMIT ?

-- name: pins_move
-- event: none, because chat_move tells of the chat with all that is in it
-- @mysql
UPDATE messages m JOIN pins p ON p.message_id = m.id SET p.workspace_id = ?
WHERE m.chat_id = ? AND m.workspace_id = ? AND m.seq > ? AND m.seq <= ? AND m.pinned = 1
-- @sqlite
UPDATE pins SET workspace_id = ? WHERE message_id IN (SELECT m.id FROM messages m
    WHERE m.chat_id = ? AND m.workspace_id = ? AND m.seq > ? AND m.seq <= ? AND m.pinned = 1)
