-- Who is named in messages. user_id 0: everyone (@all, @here).

-- Those who may read the chat among ten names, each as it was typed and in lower case; who wants fewer names one again.
-- name: mention_find
SELECT u.id, u.uuid
FROM users u JOIN members b ON b.user_id = u.id AND b.workspace_id = ?
    JOIN chats c ON c.id = ? AND c.workspace_id = b.workspace_id
    LEFT JOIN chat_members m ON m.chat_id = c.id AND m.user_id = u.id
WHERE u.username IN (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) AND u.deleted_us IS NULL
    AND (c.join_mode = 0 OR m.user_id IS NOT NULL)

-- name: mention_insert
-- event: none, because message.created or message.updated tells it with its message
INSERT INTO mentions (chat_id, user_id, seq, workspace_id, message_id) VALUES (?, ?, ?, ?, ?)

-- name: mentions_delete_of_message
-- event: none, because message.updated or message.deleted tells it with its message
DELETE FROM mentions WHERE message_id = ? AND workspace_id = ?

-- name: mentions_delete_of_user
-- tenant: none, an account leaves the whole server
-- event: none, because member.left tells that the account is gone
DELETE FROM mentions WHERE user_id = ?

-- Lists of fifty ? take MESSAGE_PARTS_AT_ONCE ids; who has fewer names one again. Workspace NULL: any, for events.
-- name: mentions_of_messages
SELECT n.message_id, u.uuid FROM mentions n JOIN users u ON u.id = n.user_id
WHERE n.message_id IN (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?,
    ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
    AND n.workspace_id = COALESCE(?, n.workspace_id)
ORDER BY n.message_id, n.user_id

-- name: mentions_move
-- event: none, because chat_move tells of the chat with all that is in it
-- @mysql
UPDATE messages m JOIN mentions n ON n.message_id = m.id SET n.workspace_id = ?
WHERE m.chat_id = ? AND m.workspace_id = ? AND m.seq > ? AND m.seq <= ? AND m.has_mentions = 1
-- @sqlite
UPDATE mentions SET workspace_id = ? WHERE message_id IN (SELECT m.id FROM messages m
    WHERE m.chat_id = ? AND m.workspace_id = ? AND m.seq > ? AND m.seq <= ? AND m.has_mentions = 1)
