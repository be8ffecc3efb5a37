-- columns: chat_ref = c.id, c.join_mode, c.created_by, c.last_seq, c.message_count, c.version, c.kind, c.archived_us,
--     c.assistant, m.user_id AS joined_id

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
SELECT id, last_seq FROM chats WHERE uuid = ? AND workspace_id = ? AND deleted_us IS NULL
-- @mysql
FOR UPDATE

-- A chat as somebody sees it (b: their row of members), and a message of it (NULL: none). Its creator and the message's
-- sender are named by message_author.h, with the version of all names. Where it was forked from is for whoever may see that.
-- columns: chat_view = {chat_own}, c.id, c.uuid, c.kind AS chat_kind, c.direct_ids, c.title, c.created_by, c.join_mode,
--     c.assistant, c.provider, c.model,
--     c.system_prompt, c.temperature, c.max_tokens, c.message_count,
--     c.join_mode = 0 OR m.user_id IS NOT NULL AS is_joined, c.last_seq, c.activity_us, c.version, c.created_us,
--     c.updated_us, p.version AS people_version, c.archived_us,
--     (SELECT f.uuid FROM chats f WHERE f.id = c.forked_chat_id AND f.workspace_id = c.workspace_id AND f.deleted_us IS NULL AND (f.join_mode <> 2 OR EXISTS (SELECT 1 FROM chat_members y WHERE y.chat_id = f.id AND y.user_id = b.user_id))) AS forked_chat,
--     (SELECT g.uuid FROM messages g WHERE g.id = c.forked_message_id AND g.workspace_id = c.workspace_id) AS forked_message
-- columns: chat_last = l.uuid AS message_uuid, l.seq, l.is_ai_response, SUBSTR(l.content, 1, ?) AS preview,
--     l.created_us AS message_created_us, l.sender_name, l.sender_id, l.deleted_us AS message_deleted_us

-- A chat without its last message, for whoever reads its newest messages anyway.
-- name: chat_view_get
SELECT {chat_view}
FROM chats c JOIN people_version p ON p.id = 1 JOIN members b ON b.workspace_id = c.workspace_id AND b.user_id = ?
    LEFT JOIN chat_members m ON m.chat_id = c.id AND m.user_id = b.user_id
    LEFT JOIN chat_states o ON o.workspace_id = c.workspace_id AND o.user_id = b.user_id AND o.chat_id = c.id
WHERE c.uuid = ? AND c.workspace_id = ? AND c.deleted_us IS NULL

-- With the newest message that has not been deleted. ORDER BY names chat_id, too, because MySQL walks the index backwards
-- only then.
-- name: chat_get
SELECT {chat_view}, {chat_last}
FROM chats c JOIN people_version p ON p.id = 1 JOIN members b ON b.workspace_id = c.workspace_id AND b.user_id = ?
    LEFT JOIN chat_members m ON m.chat_id = c.id AND m.user_id = b.user_id
    LEFT JOIN chat_states o ON o.workspace_id = c.workspace_id AND o.user_id = b.user_id AND o.chat_id = c.id
    LEFT JOIN messages l ON l.id = (SELECT x.id FROM messages x WHERE x.chat_id = c.id
        AND x.workspace_id = c.workspace_id AND x.deleted_us IS NULL ORDER BY x.chat_id DESC, x.seq DESC LIMIT 1)
WHERE c.uuid = ? AND c.workspace_id = ? AND c.deleted_us IS NULL

-- The chats that one is in, newest activity first: everyone's by their index, and those that one has joined. Two statements,
-- since one of both makes MariaDB and MySQL write tables; the first says whether the second is worth asking. With the
-- newest message, which is found at once; where it has been deleted, chat_last_list looks further back. Those that are
-- archived (1), or those that are not (0). The workspace's
-- version proves what the caller was seen to be, as in messages_before; where there is no row workspace_proof is asked.
-- name: chat_history
SELECT {chat_view, is_joined = 1}, {chat_last},
    EXISTS (SELECT 1 FROM chat_members j WHERE j.workspace_id = b.workspace_id AND j.user_id = b.user_id) AS has_joined
FROM chats c JOIN members b ON b.workspace_id = c.workspace_id AND b.user_id = ?
    JOIN workspaces w ON w.id = c.workspace_id JOIN people_version p ON p.id = 1
    LEFT JOIN chat_states o ON o.workspace_id = c.workspace_id AND o.user_id = b.user_id AND o.chat_id = c.id
    LEFT JOIN messages l ON l.chat_id = c.id AND l.workspace_id = c.workspace_id AND l.seq = c.last_seq
WHERE c.workspace_id = ? AND w.deleted_us IS NULL AND w.version = COALESCE(?, w.version)
    AND c.deleted_us IS NULL AND c.join_mode = 0
    AND c.activity_us <= ? AND (c.activity_us < ? OR c.id < ?) AND INSTR(c.title_folded, ?) > 0
    AND CASE WHEN c.archived_us IS NULL THEN 0 ELSE 1 END = ?
ORDER BY c.activity_us DESC, c.id DESC LIMIT ?

-- name: workspace_proof
SELECT id FROM workspaces WHERE id = ? AND deleted_us IS NULL AND version = ?

-- The page is found first, so that a last message is looked up for its chats only.
-- name: chat_history_joined
SELECT {chat_view, is_joined = 1, activity_us = b.activity_us}, {chat_last}
FROM (SELECT x.id AS id, x.activity_us AS activity_us, m.workspace_id AS workspace_id, m.user_id AS user_id
        FROM chat_members m JOIN chats x ON x.id = m.chat_id AND x.workspace_id = m.workspace_id
        WHERE m.workspace_id = ? AND m.user_id = ? AND x.deleted_us IS NULL AND x.join_mode <> 0
            AND x.activity_us <= ? AND (x.activity_us < ? OR x.id < ?) AND INSTR(x.title_folded, ?) > 0
            AND CASE WHEN x.archived_us IS NULL THEN 0 ELSE 1 END = ?
        ORDER BY x.activity_us DESC, x.id DESC LIMIT ?) AS b
    JOIN chats c ON c.id = b.id JOIN people_version p ON p.id = 1
    LEFT JOIN chat_states o ON o.workspace_id = b.workspace_id AND o.user_id = b.user_id AND o.chat_id = b.id
    LEFT JOIN messages l ON l.chat_id = c.id AND l.workspace_id = c.workspace_id AND l.seq = c.last_seq
ORDER BY b.activity_us DESC, b.id DESC

-- The newest messages of chats that have not been deleted; who wants fewer than 8 names one again.
-- name: chat_last_list
SELECT {chat_last}, c.id AS chat_id
FROM chats c JOIN messages l ON l.id = (SELECT x.id FROM messages x WHERE x.chat_id = c.id
        AND x.workspace_id = c.workspace_id AND x.deleted_us IS NULL ORDER BY x.chat_id DESC, x.seq DESC LIMIT 1)
WHERE c.id IN (?, ?, ?, ?, ?, ?, ?, ?) AND c.workspace_id = ?

-- Open chats that one has not joined. Their messages are not for the caller, so there is no last one.
-- name: chat_open_list
SELECT {chat_view, is_joined = 0}
FROM chats c JOIN people_version p ON p.id = 1 JOIN members b ON b.workspace_id = c.workspace_id AND b.user_id = ?
    LEFT JOIN chat_members m ON m.chat_id = c.id AND m.user_id = b.user_id
    LEFT JOIN chat_states o ON o.workspace_id = c.workspace_id AND o.user_id = b.user_id AND o.chat_id = c.id
WHERE c.workspace_id = ? AND c.deleted_us IS NULL AND c.archived_us IS NULL AND c.join_mode = 1 AND m.user_id IS NULL
    AND c.activity_us <= ? AND (c.activity_us < ? OR c.id < ?) AND INSTR(c.title_folded, ?) > 0
ORDER BY c.activity_us DESC, c.id DESC LIMIT ?

-- name: chat_insert
-- event: chat.created
INSERT INTO chats (uuid, workspace_id, title, title_folded, created_by, join_mode, assistant, provider, model,
    system_prompt, temperature, max_tokens, kind, direct_ids, activity_us, created_us, updated_us)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)

-- The chat of exactly these people, and how many of them are in it at present.
-- name: chat_direct_find
SELECT c.uuid, (SELECT COUNT(*) FROM chat_members m WHERE m.chat_id = c.id AND m.workspace_id = c.workspace_id) AS member_count
FROM chats c WHERE c.workspace_id = ? AND c.direct_ids = ? AND c.deleted_us IS NULL

-- name: chat_update
-- event: chat.updated, join_mode.changed
UPDATE chats SET title = ?, title_folded = ?, join_mode = ?, assistant = ?, provider = ?, model = ?, system_prompt = ?,
    temperature = ?, max_tokens = ?, version = version + 1, updated_us = ?
WHERE id = ? AND workspace_id = ? AND deleted_us IS NULL

-- Who is in a chat is part of its version: access_cache.h.
-- name: chat_touch
-- event: none, because member.joined and member.left tell who changes the list
UPDATE chats SET version = version + 1, updated_us = ? WHERE id = ? AND workspace_id = ? AND deleted_us IS NULL

-- Put away (a time), or back (NULL).
-- name: chat_set_archived
-- event: chat.archived, chat.updated
UPDATE chats SET archived_us = ?, version = version + 1, updated_us = ? WHERE id = ? AND workspace_id = ? AND deleted_us IS NULL

-- A direct chat of the same people may be made anew.
-- name: chat_mark_deleted
-- event: chat.deleted
UPDATE chats SET deleted_us = ?, direct_ids = NULL, version = version + 1, updated_us = ?
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
SELECT {chat_view, is_joined = 0, read_seq = 0, notify = 0, starred = 0, draft = NULL,
    forked_chat = (SELECT CASE WHEN f.join_mode = 2 THEN NULL ELSE f.uuid END FROM chats f
        WHERE f.id = c.forked_chat_id AND f.workspace_id = c.workspace_id AND f.deleted_us IS NULL)}, w.uuid AS workspace_uuid
FROM chats c JOIN workspaces w ON w.id = c.workspace_id JOIN people_version p ON p.id = 1
WHERE c.deleted_us IS NULL AND c.id IN (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?,
        ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
