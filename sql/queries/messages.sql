-- columns: message = m.id, m.uuid, m.seq, m.sender_id, m.sender_name, m.content, m.is_ai_response, m.status, m.model,
--     m.reply_to, m.attachment_count, m.edited_us, m.deleted_us, m.version, m.created_us, m.updated_us
-- columns: author = u.id AS user_id, u.uuid AS user_uuid, u.kind, u.first_name, u.last_name, u.username,
--     u.deleted_us AS user_deleted_us

-- The pages hold what the caller was seen to be (app/domain/talk/access_cache.c) against the two versions that every
-- change of a right moves; NULL: what was read just now needs no such proof. Any row says that they are as they were; where
-- there is none chat_proof is asked. (An outer join of messages would give one always, but MariaDB sorts it in a table.)
-- messages_before and messages_after have bounds on both sides: with one alone MariaDB walks from the end of the chat.
-- name: messages_before
SELECT {message}, c.last_seq AS chat_last_seq, c.message_count AS chat_message_count
FROM chats c JOIN workspaces w ON w.id = c.workspace_id
    JOIN messages m ON m.chat_id = c.id AND m.workspace_id = c.workspace_id AND m.seq >= ? AND m.seq < ?
WHERE c.id = ? AND c.workspace_id = ? AND c.deleted_us IS NULL AND c.version = COALESCE(?, c.version)
    AND w.deleted_us IS NULL AND w.version = COALESCE(?, w.version)
ORDER BY m.seq DESC LIMIT ?

-- name: messages_after
SELECT {message}, c.last_seq AS chat_last_seq, c.message_count AS chat_message_count
FROM chats c JOIN workspaces w ON w.id = c.workspace_id
    JOIN messages m ON m.chat_id = c.id AND m.workspace_id = c.workspace_id AND m.seq > ? AND m.seq <= ?
WHERE c.id = ? AND c.workspace_id = ? AND c.deleted_us IS NULL AND c.version = COALESCE(?, c.version)
    AND w.deleted_us IS NULL AND w.version = COALESCE(?, w.version)
ORDER BY m.seq LIMIT ?

-- name: chat_proof
SELECT c.id FROM chats c JOIN workspaces w ON w.id = c.workspace_id
WHERE c.id = ? AND c.workspace_id = ? AND c.deleted_us IS NULL AND c.version = ? AND w.deleted_us IS NULL AND w.version = ?

-- A page by its number in a chat whose seqs have holes; where they have none, messages_before finds it.
-- name: messages_at_offset
SELECT {message} FROM messages m
WHERE m.chat_id = ? AND m.workspace_id = ? ORDER BY m.seq DESC LIMIT ? OFFSET ?

-- Those who wrote a page, each once; who wants fewer than 8 names one again.
-- name: author_list
SELECT {author} FROM users u WHERE u.id IN (?, ?, ?, ?, ?, ?, ?, ?)

-- What a page's messages reply to, where that is not on the page.
-- name: message_uuid_list
SELECT id, uuid FROM messages WHERE id IN (?, ?, ?, ?, ?, ?, ?, ?) AND chat_id = ? AND workspace_id = ?

-- name: message_get
SELECT {message}, {author}, r.uuid AS reply_to_uuid
FROM messages m LEFT JOIN users u ON u.id = m.sender_id LEFT JOIN messages r ON r.id = m.reply_to
WHERE m.uuid = ? AND m.chat_id = ? AND m.workspace_id = ?

-- name: message_id_get
SELECT id FROM messages WHERE uuid = ? AND chat_id = ? AND workspace_id = ? AND deleted_us IS NULL

-- name: message_place
SELECT uuid, chat_id FROM messages WHERE id = ? AND workspace_id = ?

-- The chat's row lock is held from here to the commit: seqs come out without gaps and in the order of commits.
-- name: chat_take_seq
-- event: none, because message_insert of the same transaction tells message.created
UPDATE chats SET last_seq = last_seq + 1, message_count = message_count + 1,
    activity_us = CASE WHEN activity_us < ? THEN ? ELSE activity_us END
WHERE id = ? AND workspace_id = ?

-- The right to write is looked at again here, behind chat_take_seq (chat.c: CHAT_WRITE; MEMBER is 2), and held to the
-- commit: whoever takes it away waits for that, or has won. Not found: there is no such right, or no such chat, any more.
-- The tables stand in the order of their locks; the workspace is looked at without one, since its lock comes before the
-- chat's. Its version: as in the pages above.
-- name: chat_seq_and_sender
SELECT c.last_seq, u.kind, u.first_name, u.last_name, u.username
FROM chats c JOIN users u ON u.id = ?
    JOIN members b ON b.workspace_id = c.workspace_id AND b.user_id = u.id AND b.role >= 2
    LEFT JOIN chat_members m ON m.chat_id = c.id AND m.user_id = u.id
WHERE c.id = ? AND c.workspace_id = ? AND c.deleted_us IS NULL AND (c.join_mode = 0 OR m.user_id IS NOT NULL)
    AND EXISTS (SELECT 1 FROM workspaces w
        WHERE w.id = c.workspace_id AND w.deleted_us IS NULL AND w.version = COALESCE(?, w.version))
-- @mysql
LOCK IN SHARE MODE

-- name: message_insert
-- event: message.created
INSERT INTO messages (uuid, workspace_id, chat_id, seq, sender_id, content, reply_to, attachment_count, created_us, updated_us)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)

-- name: message_set_content
-- event: message.updated
UPDATE messages SET content = ?, edited_us = ?, updated_us = ?, version = version + 1
WHERE id = ? AND chat_id = ? AND workspace_id = ? AND deleted_us IS NULL AND version = ?

-- name: message_set_deleted
-- event: message.deleted
UPDATE messages SET content = '', attachment_count = 0, deleted_us = ?, updated_us = ?, version = version + 1
WHERE id = ? AND chat_id = ? AND workspace_id = ? AND deleted_us IS NULL AND version = ?

-- A file of it turned out not to be what was promised and has been removed.
-- name: message_lost_attachment
-- event: message.updated
UPDATE messages SET attachment_count = attachment_count - 1, updated_us = ?, version = version + 1
WHERE id = ? AND workspace_id = ? AND deleted_us IS NULL

-- Messages of any chats by their public ids, as many as the reader of the event log takes at once (EVENT_BATCH_MAX). A text
-- that is too long for an event (EVENT_DATA_MAX_BYTES) comes as NULL.
-- name: message_batch
-- tenant: none, the event log is told across workspaces
SELECT {message, content = CASE WHEN LENGTH(m.content) > 65536 THEN NULL ELSE m.content END}, {author},
    r.uuid AS reply_to_uuid, c.uuid AS chat_uuid
FROM messages m JOIN chats c ON c.id = m.chat_id LEFT JOIN users u ON u.id = m.sender_id
    LEFT JOIN messages r ON r.id = m.reply_to
WHERE m.uuid IN (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?,
        ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
