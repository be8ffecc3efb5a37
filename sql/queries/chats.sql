-- columns: chat_ref = c.id, c.join_mode, c.created_by, c.last_seq, c.message_count, c.version, m.user_id AS joined_id

-- name: chat_access_load
SELECT {membership}, {chat_ref}
FROM workspaces w JOIN members b ON b.workspace_id = w.id AND b.user_id = ?
    LEFT JOIN chats c ON c.uuid = ? AND c.workspace_id = w.id AND c.deleted_us IS NULL
    LEFT JOIN chat_members m ON m.chat_id = c.id AND m.user_id = b.user_id
WHERE w.uuid = ? AND w.deleted_us IS NULL

-- name: chat_ref
SELECT {chat_ref}
FROM chats c LEFT JOIN chat_members m ON m.chat_id = c.id AND m.user_id = ?
WHERE c.uuid = ? AND c.workspace_id = ? AND c.deleted_us IS NULL

-- chat_ref with the caller's present role, for a transaction: whoever takes the chat, the member or the chat's member away
-- waits for it, or has won. Not found: one of the first two is gone. The tables stand in the order of their locks.
-- name: chat_ref_hold
SELECT {chat_ref}, b.role
FROM chats c JOIN members b ON b.workspace_id = c.workspace_id AND b.user_id = ?
    LEFT JOIN chat_members m ON m.chat_id = c.id AND m.user_id = b.user_id
WHERE c.uuid = ? AND c.workspace_id = ? AND c.deleted_us IS NULL
-- @mysql
LOCK IN SHARE MODE

-- name: chat_lock
SELECT id FROM chats WHERE uuid = ? AND workspace_id = ? AND deleted_us IS NULL
-- @mysql
FOR UPDATE

-- A chat as somebody sees it, and its last message (NULL: none). ORDER BY names chat_id, too, because MySQL walks the
-- index backwards only then.
-- columns: chat_view = c.id, c.uuid, c.title, u.uuid AS creator_uuid, c.join_mode, c.assistant, c.provider, c.model,
--     c.system_prompt, c.temperature, c.max_tokens, c.message_count,
--     c.join_mode = 0 OR m.user_id IS NOT NULL AS is_joined, c.last_seq, c.activity_us, c.version, c.created_us,
--     c.updated_us
-- columns: chat_with_last = {chat_view}, l.uuid AS message_uuid, l.seq, l.is_ai_response,
--     SUBSTR(l.content, 1, ?) AS preview, l.created_us AS message_created_us, l.sender_name, s.uuid AS sender_uuid,
--     s.first_name, s.last_name, s.username, s.kind, s.deleted_us

-- A chat without its last message, for whoever reads its newest messages anyway.
-- name: chat_view_get
SELECT {chat_view}
FROM chats c LEFT JOIN chat_members m ON m.chat_id = c.id AND m.user_id = ? LEFT JOIN users u ON u.id = c.created_by
WHERE c.uuid = ? AND c.workspace_id = ? AND c.deleted_us IS NULL

-- name: chat_get
SELECT {chat_with_last}
FROM chats c LEFT JOIN chat_members m ON m.chat_id = c.id AND m.user_id = ? LEFT JOIN users u ON u.id = c.created_by
    LEFT JOIN messages l ON l.id = (SELECT x.id FROM messages x WHERE x.chat_id = c.id
        AND x.workspace_id = c.workspace_id AND x.deleted_us IS NULL ORDER BY x.chat_id DESC, x.seq DESC LIMIT 1)
    LEFT JOIN users s ON s.id = l.sender_id
WHERE c.uuid = ? AND c.workspace_id = ? AND c.deleted_us IS NULL

-- The chats that one is in, newest activity first: everyone's by their index, and those that one has joined. Two statements,
-- since one of both makes MariaDB and MySQL write tables; the first says whether the second is worth asking.
-- name: chat_history
SELECT {chat_with_last, is_joined = 1},
    EXISTS (SELECT 1 FROM chat_members j WHERE j.workspace_id = ? AND j.user_id = ?) AS has_joined
FROM chats c LEFT JOIN users u ON u.id = c.created_by
    LEFT JOIN messages l ON l.id = (SELECT x.id FROM messages x WHERE x.chat_id = c.id
        AND x.workspace_id = c.workspace_id AND x.deleted_us IS NULL ORDER BY x.chat_id DESC, x.seq DESC LIMIT 1)
    LEFT JOIN users s ON s.id = l.sender_id
WHERE c.workspace_id = ? AND c.deleted_us IS NULL AND c.join_mode = 0
    AND c.activity_us <= ? AND (c.activity_us < ? OR c.id < ?) AND INSTR(c.title_folded, ?) > 0
ORDER BY c.activity_us DESC, c.id DESC LIMIT ?

-- The page is found first, so that a last message is looked up for its chats only.
-- name: chat_history_joined
SELECT {chat_with_last, is_joined = 1, activity_us = page.activity_us}
FROM (SELECT b.id AS id, b.activity_us AS activity_us
        FROM chat_members m JOIN chats b ON b.id = m.chat_id AND b.workspace_id = m.workspace_id
        WHERE m.workspace_id = ? AND m.user_id = ? AND b.deleted_us IS NULL AND b.join_mode <> 0
            AND b.activity_us <= ? AND (b.activity_us < ? OR b.id < ?) AND INSTR(b.title_folded, ?) > 0
        ORDER BY b.activity_us DESC, b.id DESC LIMIT ?) AS page
    JOIN chats c ON c.id = page.id LEFT JOIN users u ON u.id = c.created_by
    LEFT JOIN messages l ON l.id = (SELECT x.id FROM messages x WHERE x.chat_id = c.id
        AND x.workspace_id = c.workspace_id AND x.deleted_us IS NULL ORDER BY x.chat_id DESC, x.seq DESC LIMIT 1)
    LEFT JOIN users s ON s.id = l.sender_id
ORDER BY page.activity_us DESC, page.id DESC

-- Open chats that one has not joined. Their messages are not for the caller, so there is no last one.
-- name: chat_open_list
SELECT {chat_view, is_joined = 0}
FROM chats c LEFT JOIN users u ON u.id = c.created_by
    LEFT JOIN chat_members m ON m.chat_id = c.id AND m.user_id = ?
WHERE c.workspace_id = ? AND c.deleted_us IS NULL AND c.join_mode = 1 AND m.user_id IS NULL
    AND c.activity_us <= ? AND (c.activity_us < ? OR c.id < ?) AND INSTR(c.title_folded, ?) > 0
ORDER BY c.activity_us DESC, c.id DESC LIMIT ?

-- name: chat_insert
-- event: chat.created
INSERT INTO chats (uuid, workspace_id, title, title_folded, created_by, join_mode, assistant, provider, model,
    system_prompt, temperature, max_tokens, activity_us, created_us, updated_us)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)

-- name: chat_update
-- event: chat.updated, join_mode.changed
UPDATE chats SET title = ?, title_folded = ?, join_mode = ?, assistant = ?, provider = ?, model = ?, system_prompt = ?,
    temperature = ?, max_tokens = ?, version = version + 1, updated_us = ?
WHERE id = ? AND workspace_id = ? AND deleted_us IS NULL

-- Who is in a chat is part of its version: access_cache.h.
-- name: chat_touch
-- event: none, because member.joined and member.left tell who changes the list
UPDATE chats SET version = version + 1, updated_us = ? WHERE id = ? AND workspace_id = ? AND deleted_us IS NULL

-- name: chat_mark_deleted
-- event: chat.deleted
UPDATE chats SET deleted_us = ?, version = version + 1, updated_us = ?
WHERE id = ? AND workspace_id = ? AND deleted_us IS NULL

-- Invite-only chats of which this user is the last member: nobody could find them again. Under the workspace's lock, which
-- whoever goes out of one of its chats has, too.
-- name: chats_deserted
SELECT c.id, c.uuid
FROM chat_members m JOIN chats c ON c.id = m.chat_id AND c.workspace_id = m.workspace_id
WHERE m.workspace_id = ? AND m.user_id = ? AND c.join_mode = 2 AND c.deleted_us IS NULL
    AND NOT EXISTS (SELECT 1 FROM chat_members o WHERE o.chat_id = c.id AND o.user_id <> m.user_id)

-- Moving a chat: its row, its members, then messages and files from one seq to another.
-- name: chat_move
-- event: chat.deleted, chat.created
UPDATE chats SET workspace_id = ?, version = version + 1, updated_us = ?
WHERE id = ? AND workspace_id = ? AND deleted_us IS NULL

-- name: chat_move_messages
-- event: none, because chat_move tells of the chat with all that is in it
UPDATE messages SET workspace_id = ? WHERE chat_id = ? AND workspace_id = ? AND seq > ? AND seq <= ?

-- name: chat_move_attachments
-- event: none, because chat_move tells of the chat with all that is in it
-- @mysql
UPDATE messages m JOIN attachments a ON a.message_id = m.id SET a.workspace_id = ?
WHERE m.chat_id = ? AND m.workspace_id = ? AND m.seq > ? AND m.seq <= ?
-- @sqlite
UPDATE attachments SET workspace_id = ? WHERE message_id IN
    (SELECT m.id FROM messages m WHERE m.chat_id = ? AND m.workspace_id = ? AND m.seq > ? AND m.seq <= ?)

-- Chats of any workspaces, as many as the reader of the event log takes at once (EVENT_BATCH_MAX).
-- name: chat_batch
-- tenant: none, the event log is told across workspaces
SELECT {chat_view, is_joined = 0}, w.uuid AS workspace_uuid
FROM chats c JOIN workspaces w ON w.id = c.workspace_id LEFT JOIN users u ON u.id = c.created_by
WHERE c.deleted_us IS NULL AND c.id IN (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?,
        ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
