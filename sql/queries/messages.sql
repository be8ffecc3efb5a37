-- columns: message = m.id, m.uuid, m.seq, m.sender_id, m.sender_name, m.content, m.is_ai_response, m.status, m.model,
--     m.reply_to, m.attachment_count, m.edited_us, m.deleted_us, m.version, m.created_us, m.updated_us,
--     m.root_id, m.reply_count, m.mention_all, m.has_mentions, m.has_reactions, m.pinned, m.nonce, m.is_forwarded,
--     m.has_saves
-- columns: author = u.id AS user_id, u.uuid AS user_uuid, u.kind, u.first_name, u.last_name, u.username,
--     u.deleted_us AS user_deleted_us

-- The pages give the version of all names (people_version), for what is remembered of authors: author_cache.h.
-- They hold what the caller was seen to be (app/domain/talk/access_cache.c) against the two versions that every
-- change of a right moves; NULL: what was read just now needs no such proof. Any row says that they are as they were; where
-- there is none chat_proof is asked. (An outer join of messages would give one always, but MariaDB sorts it in a table.)
-- messages_before and messages_after have bounds on both sides: with one alone MariaDB walks from the end of the chat.
-- name: messages_before
SELECT {message}, c.last_seq AS chat_last_seq, c.message_count AS chat_message_count, p.version AS people_version
FROM chats c JOIN workspaces w ON w.id = c.workspace_id JOIN people_version p ON p.id = 1
    JOIN messages m ON m.chat_id = c.id AND m.workspace_id = c.workspace_id AND m.seq >= ? AND m.seq < ?
WHERE c.id = ? AND c.workspace_id = ? AND c.deleted_us IS NULL AND c.version = COALESCE(?, c.version)
    AND w.deleted_us IS NULL AND w.version = COALESCE(?, w.version)
ORDER BY m.seq DESC LIMIT ?

-- name: messages_after
SELECT {message}, c.last_seq AS chat_last_seq, c.message_count AS chat_message_count, p.version AS people_version
FROM chats c JOIN workspaces w ON w.id = c.workspace_id JOIN people_version p ON p.id = 1
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
SELECT {author}, p.version AS people_version FROM users u JOIN people_version p ON p.id = 1
WHERE u.id IN (?, ?, ?, ?, ?, ?, ?, ?)

-- What a page's messages reply to, where that is not on the page.
-- name: message_uuid_list
SELECT id, uuid FROM messages WHERE id IN (?, ?, ?, ?, ?, ?, ?, ?) AND chat_id = ? AND workspace_id = ?

-- name: message_get
SELECT {message}, {author}
FROM messages m LEFT JOIN users u ON u.id = m.sender_id
WHERE m.uuid = ? AND m.chat_id = ? AND m.workspace_id = ?

-- What is replied to, and the beginning of its thread.
-- name: message_thread
SELECT id, COALESCE(root_id, id) AS root_id FROM messages
WHERE uuid = ? AND chat_id = ? AND workspace_id = ? AND deleted_us IS NULL

-- The root is known to be in the chat; naming the chat, too, would lead MariaDB to walk it.
-- name: reply_list
SELECT {message} FROM messages m
WHERE m.root_id = ? AND m.workspace_id = ? AND m.seq > ? AND m.deleted_us IS NULL ORDER BY m.seq LIMIT ?

-- A message that is named without its chat, for whoever may read that (chat.h: CHAT_READ).
-- name: message_reach
SELECT c.uuid FROM messages m JOIN chats c ON c.id = m.chat_id AND c.workspace_id = m.workspace_id AND c.deleted_us IS NULL
WHERE m.uuid = ? AND m.workspace_id = ? AND m.deleted_us IS NULL AND (c.join_mode = 0 OR EXISTS
    (SELECT 1 FROM chat_members k WHERE k.chat_id = c.id AND k.user_id = ?))

-- name: message_place
SELECT uuid, chat_id FROM messages WHERE id = ? AND workspace_id = ?

-- A message is two statements. The chat's row lock is held from the first to the commit: seqs come out without gaps and in
-- the order of commits. It gives the seq (db_take) to whoever saw the chat as it is: its version moves with everything that
-- decides who is in it (access_cache.h).
-- name: chat_take_seq
-- event: none, because message_insert of the same transaction tells message.created
-- @mysql
UPDATE chats SET last_seq = LAST_INSERT_ID(last_seq + 1), message_count = message_count + 1,
    activity_us = CASE WHEN activity_us < ? THEN ? ELSE activity_us END
WHERE id = ? AND workspace_id = ? AND deleted_us IS NULL AND version = ?
-- @sqlite
UPDATE chats SET last_seq = last_seq + 1, message_count = message_count + 1,
    activity_us = CASE WHEN activity_us < ? THEN ? ELSE activity_us END
WHERE id = ? AND workspace_id = ? AND deleted_us IS NULL AND version = ?
RETURNING last_seq

-- The right to write (chat.c: CHAT_WRITE; MEMBER is 2) is looked at again here and held to the commit: whoever takes the
-- member away waits for that, or has won. The workspace is looked at without a lock, since its lock comes before the chat's;
-- its version: as in the pages above; NULL: the chat and the caller's place in it are held (chat_require_locked). The last
-- value: the version of all names at which the sender's was read, for the answer. No row: one of them is no longer so.
-- name: message_insert
-- event: message.created
INSERT INTO messages (uuid, workspace_id, chat_id, seq, sender_id, content, reply_to, root_id, attachment_count,
    mention_all, has_mentions, is_forwarded, nonce, created_us, updated_us)
SELECT ?, b.workspace_id, ?, ?, b.user_id, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?
FROM members b
WHERE b.workspace_id = ? AND b.user_id = ? AND b.role >= 2
    AND EXISTS (SELECT 1 FROM workspaces w JOIN people_version p ON p.id = 1
        WHERE w.id = b.workspace_id AND w.deleted_us IS NULL AND w.version = COALESCE(?, w.version) AND p.version = ?)
-- @mysql
LOCK IN SHARE MODE

-- Of somebody who is no user: a program behind a webhook, whose right is held by the transaction.
-- name: message_insert_outside
-- event: message.created
INSERT INTO messages (uuid, workspace_id, chat_id, seq, sender_name, content, mention_all, has_mentions, created_us,
    updated_us) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)

-- name: message_add_reply_count
-- event: none, because message.created or message.deleted of the reply tells it
UPDATE messages SET reply_count = reply_count + ? WHERE id = ? AND chat_id = ? AND workspace_id = ?

-- The replies that the job erases of a sender, off the counts of their roots.
-- name: replies_uncount_of_sender
-- event: none, because message.deleted of each reply tells it
-- @mysql
UPDATE messages m JOIN (SELECT r.root_id AS root_id, COUNT(*) AS gone_count FROM messages r
        WHERE r.sender_id = ? AND r.chat_id = ? AND r.workspace_id = ? AND r.id <= ? AND r.root_id IS NOT NULL
            AND r.deleted_us IS NULL GROUP BY r.root_id) t ON t.root_id = m.id
SET m.reply_count = m.reply_count - t.gone_count
-- @sqlite
UPDATE messages SET reply_count = reply_count - t.gone_count
FROM (SELECT r.root_id AS root_id, COUNT(*) AS gone_count FROM messages r
    WHERE r.sender_id = ? AND r.chat_id = ? AND r.workspace_id = ? AND r.id <= ? AND +r.root_id IS NOT NULL
        AND r.deleted_us IS NULL GROUP BY r.root_id) t
WHERE t.root_id = messages.id

-- name: message_set_has_reactions
-- event: none, because reaction.changed tells it
UPDATE messages SET has_reactions = ? WHERE id = ? AND chat_id = ? AND workspace_id = ?

-- name: message_set_pinned
-- event: none, because message.pinned tells it
UPDATE messages SET pinned = ? WHERE id = ? AND chat_id = ? AND workspace_id = ?

-- name: message_set_content
-- event: message.updated
UPDATE messages SET content = ?, mention_all = ?, has_mentions = ?, edited_us = ?, updated_us = ?, version = version + 1
WHERE id = ? AND chat_id = ? AND workspace_id = ? AND deleted_us IS NULL AND version = ?

-- name: message_set_deleted
-- event: message.deleted
UPDATE messages SET content = '', attachment_count = 0, mention_all = 0, has_mentions = 0, has_reactions = 0, pinned = 0,
    is_forwarded = 0, has_saves = 0, reasoning = NULL, alternative_count = 0, deleted_us = ?, updated_us = ?, version = version + 1
WHERE id = ? AND chat_id = ? AND workspace_id = ? AND deleted_us IS NULL AND version = ?

-- A file of it turned out not to be what was promised and has been removed.
-- name: message_lost_attachment
-- event: message.updated
UPDATE messages SET attachment_count = attachment_count - 1, updated_us = ?, version = version + 1
WHERE id = ? AND workspace_id = ? AND deleted_us IS NULL

-- Messages of any chats by their public ids, as many as the reader of the event log takes at once (EVENT_BATCH_MAX). A text
-- that is too long for an event (EVENT_DATA_MAX_BYTES) comes as NULL: LENGTH of a text is of bytes on MySQL alone, of a HEX it
-- is twice that on both.
-- name: message_batch
-- tenant: none, the event log is told across workspaces
SELECT {message, content = CASE WHEN LENGTH(HEX(m.content)) > 131072 THEN NULL ELSE m.content END}, {author},
    r.uuid AS reply_to_uuid, o.uuid AS root_uuid, c.uuid AS chat_uuid
FROM messages m JOIN chats c ON c.id = m.chat_id LEFT JOIN users u ON u.id = m.sender_id
    LEFT JOIN messages r ON r.id = m.reply_to LEFT JOIN messages o ON o.id = m.root_id
WHERE m.uuid IN (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?,
        ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
