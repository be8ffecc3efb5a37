-- Where the texts of forwarded messages come from.

-- name: forward_insert
-- event: none, because message.created tells it with its message
INSERT INTO forwards (message_id, workspace_id, source_id, sender_id, sender_name, is_ai_response, sent_us, text_at)
SELECT ?, m.workspace_id, m.id, m.sender_id, m.sender_name, m.is_ai_response, m.created_us, ?
FROM messages m WHERE m.id = ? AND m.workspace_id = ?

-- What is nothing but forwarded itself goes on as what it was in the first place.
-- name: forward_insert_again
-- event: none, because message.created tells it with its message
INSERT INTO forwards (message_id, workspace_id, source_id, sender_id, sender_name, is_ai_response, sent_us, text_at)
SELECT ?, f.workspace_id, f.source_id, f.sender_id, f.sender_name, f.is_ai_response, f.sent_us, ?
FROM forwards f WHERE f.message_id = ? AND f.workspace_id = ?

-- Whose text it is: the sender's, unless they have passed it on without a word of their own, and that of those whose it was
-- there.
-- name: forward_author_insert
INSERT INTO forward_authors (message_id, user_id)
SELECT ?, m.sender_id FROM messages m WHERE m.id = ? AND m.workspace_id = ? AND m.sender_id IS NOT NULL

-- name: forward_authors_inherit
INSERT INTO forward_authors (message_id, user_id)
SELECT ?, a.user_id FROM forward_authors a WHERE a.message_id = ? AND a.user_id <> ?

-- In the transaction that makes the message.
-- name: forward_set_attachment_count
-- event: none, because message.created tells it with its message
UPDATE messages SET attachment_count = ? WHERE id = ? AND chat_id = ? AND workspace_id = ?

-- Lists of fifty ? take MESSAGE_PARTS_AT_ONCE ids; who has fewer names one again. Workspace NULL: any, for events. The message
-- itself, and its chat, are for whoever may read that.
-- name: forwards_of_messages
SELECT f.message_id, f.sender_name, f.is_ai_response, f.sent_us, f.text_at, s.uuid AS source_uuid, c.uuid AS chat_uuid, {author}
FROM forwards f
    LEFT JOIN messages s ON s.id = f.source_id AND s.workspace_id = f.workspace_id AND s.deleted_us IS NULL
    LEFT JOIN chats c ON c.id = s.chat_id AND c.workspace_id = f.workspace_id AND c.deleted_us IS NULL AND (c.join_mode = 0
        OR EXISTS (SELECT 1 FROM chat_members k WHERE k.chat_id = c.id AND k.user_id = ?))
    LEFT JOIN users u ON u.id = f.sender_id
WHERE f.message_id IN (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?,
    ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
    AND f.workspace_id = COALESCE(?, f.workspace_id)
ORDER BY f.message_id

-- name: forward_delete_of_message
-- event: none, because message.deleted tells it with its message
DELETE FROM forwards WHERE message_id = ? AND workspace_id = ?

-- name: forwards_move
-- event: none, because chat_move tells of the chat with all that is in it
-- @mysql
UPDATE messages m JOIN forwards f ON f.message_id = m.id SET f.workspace_id = ?
WHERE m.chat_id = ? AND m.workspace_id = ? AND m.seq > ? AND m.seq <= ? AND m.is_forwarded = 1
-- @sqlite
UPDATE forwards SET workspace_id = ? WHERE message_id IN (SELECT m.id FROM messages m
    WHERE m.chat_id = ? AND m.workspace_id = ? AND m.seq > ? AND m.seq <= ? AND m.is_forwarded = 1)

-- ---- what somebody wrote and others have passed on, when all that they wrote is erased ----

-- name: forward_first_of_author
-- tenant: none, the job removes what a user wrote in every workspace
SELECT a.message_id, f.workspace_id FROM forward_authors a JOIN forwards f ON f.message_id = a.message_id
WHERE a.user_id = ? ORDER BY a.message_id LIMIT 1

-- Under its chat's lock.
-- name: forward_text
SELECT m.uuid, m.chat_id, m.seq, m.content, m.deleted_us, f.text_at
FROM messages m JOIN forwards f ON f.message_id = m.id WHERE m.id = ? AND m.workspace_id = ?

-- name: message_strip
-- event: message.updated
UPDATE messages SET content = ?, attachment_count = 0, updated_us = ?, version = version + 1
WHERE id = ? AND chat_id = ? AND workspace_id = ?

-- name: forward_forget_sender
-- event: none, because message.updated tells it with its message
UPDATE forwards SET sender_id = NULL, sender_name = NULL WHERE message_id = ? AND workspace_id = ?

-- name: forward_authors_delete
DELETE FROM forward_authors WHERE message_id = ?
