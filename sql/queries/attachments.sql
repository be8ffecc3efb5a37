-- Attachments.
-- A file is in the workspace of its message, so joins name the message's workspace alone: otherwise the optimizer may go
-- through all files of the workspace. Lists of twenty ? take OBJECT_BATCH_MAX values; the rest is NULL and finds nothing.

-- columns: attachment = a.id, a.uuid, a.filename, a.content_type, a.size_bytes, a.sha256, a.object_key, a.message_id,
--     a.created_us, a.width, a.height

-- Lists of fifty ? take MESSAGE_PARTS_AT_ONCE ids; who has fewer names one again. Workspace NULL: any, for events.
-- name: attachments_of_messages
SELECT {attachment} FROM attachments a
WHERE a.message_id IN (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?,
    ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
    AND a.workspace_id = COALESCE(?, a.workspace_id)
ORDER BY a.message_id, a.id

-- name: attachments_of_message
SELECT {attachment} FROM attachments a WHERE a.message_id = ? AND a.workspace_id = ? ORDER BY a.id

-- Whoever may read the messages of its chat (chat.h: CHAT_READ), and while it is unbound its uploader; a key only in its
-- workspace (0: any). is_shut: the workspace asks for a second factor that the user does not have.
-- name: attachment_get_readable
SELECT {attachment}, CASE WHEN w.require_2fa > s.twofa_enabled THEN 1 ELSE 0 END AS is_shut
FROM attachments a
    JOIN workspaces w ON w.id = a.workspace_id AND w.deleted_us IS NULL
    JOIN members b ON b.workspace_id = a.workspace_id AND b.user_id = ?
    JOIN users s ON s.id = b.user_id
    LEFT JOIN messages m ON m.id = a.message_id
    LEFT JOIN chats c ON c.id = m.chat_id AND c.deleted_us IS NULL
WHERE a.uuid = ? AND (? = 0 OR a.workspace_id = ?) AND ((a.message_id IS NULL AND a.uploader_id = ?) OR c.join_mode = 0 OR EXISTS
    (SELECT 1 FROM chat_members k WHERE k.chat_id = c.id AND k.user_id = ?))

-- name: attachments_of_workspace
SELECT {attachment}, m.uuid AS message_uuid, c.uuid AS chat_uuid, u.uuid AS uploader_uuid
FROM attachments a
    JOIN messages m ON m.id = a.message_id
    JOIN chats c ON c.id = m.chat_id AND c.deleted_us IS NULL
    LEFT JOIN users u ON u.id = a.uploader_id
WHERE a.workspace_id = ? AND a.id < ? AND (c.join_mode = 0 OR EXISTS
    (SELECT 1 FROM chat_members k WHERE k.chat_id = c.id AND k.user_id = ?))
ORDER BY a.id DESC LIMIT ?

-- name: attachment_insert
-- event: none, because message.created tells it with its message, and without one only its uploader sees it
INSERT INTO attachments (uuid, workspace_id, message_id, uploader_id, object_key, filename, content_type, size_bytes, sha256,
    promised_sha256, width, height, created_us)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)

-- A further row over the object of another one, which is held to the commit: whoever removes that waits, and then sees this, or
-- has won. Uploader NULL: that one's.
-- name: attachment_share
-- event: none, because message.created or chat.created tells it with what it is in
INSERT INTO attachments (uuid, workspace_id, message_id, uploader_id, object_key, filename, content_type, size_bytes, sha256,
    promised_sha256, width, height, created_us)
SELECT ?, a.workspace_id, ?, COALESCE(?, a.uploader_id), a.object_key, a.filename, a.content_type, a.size_bytes, a.sha256,
    a.promised_sha256, a.width, a.height, ?
FROM attachments a WHERE a.id = ? AND a.workspace_id = ?
-- @mysql
LOCK IN SHARE MODE

-- Of the files that a message has, the bytes of those that a user has not got already.
-- name: attachment_bytes_new_to_user
SELECT SUM(a.size_bytes) FROM attachments a
WHERE a.message_id = ? AND a.workspace_id = ? AND NOT EXISTS
    (SELECT 1 FROM attachments o WHERE o.uploader_id = ? AND o.object_key = a.object_key)

-- name: attachments_bind
-- event: none, because message.created tells it with its message
UPDATE attachments SET message_id = ?
WHERE workspace_id = ? AND uploader_id = ? AND message_id IS NULL AND uuid IN
    (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)

-- name: attachments_delete
-- tenant: none, ids of rows that the same transaction has just found
-- event: none, because whoever removes files that a message shows tells of the message or of its chat
DELETE FROM attachments
WHERE id IN (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)

-- Attachments that go, at most OBJECT_BATCH_MAX rows (attachment_remove_found).
-- columns: attachment_going = a.id, a.object_key, a.created_us, a.promised_sha256, a.size_bytes

-- Rows of these objects, whichever: each object that has one stays. Locked, so that of two who remove the last two rows of an
-- object one sees that the other has.
-- name: attachments_of_objects
-- tenant: none, a chat that was moved has taken rows of an object along
SELECT object_key FROM attachments
WHERE object_key IN (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
-- @mysql
FOR UPDATE

-- name: attachments_unbound_old
-- tenant: none, the job removes them in every workspace
SELECT {attachment_going} FROM attachments a
WHERE a.message_id IS NULL AND a.created_us <= ? ORDER BY a.created_us LIMIT ?
-- @mysql
FOR UPDATE

-- name: attachments_unbound_of_workspace
SELECT {attachment_going} FROM attachments a
WHERE a.workspace_id = ? AND a.message_id IS NULL ORDER BY a.id LIMIT ?
-- @mysql
FOR UPDATE

-- name: attachments_unbound_of_user
-- tenant: none, an account leaves all workspaces
SELECT {attachment_going} FROM attachments a
WHERE a.uploader_id = ? AND a.message_id IS NULL ORDER BY a.id LIMIT ?
-- @mysql
FOR UPDATE

-- name: attachments_of_chat_to_seq
SELECT {attachment_going} FROM messages m JOIN attachments a ON a.message_id = m.id
WHERE m.chat_id = ? AND m.workspace_id = ? AND m.seq <= ? LIMIT ?

-- name: attachments_of_sender_to_id
SELECT {attachment_going} FROM messages m JOIN attachments a ON a.message_id = m.id
WHERE m.sender_id = ? AND m.chat_id = ? AND m.workspace_id = ? AND m.id <= ? LIMIT ?

-- name: attachments_going_of_message
SELECT {attachment_going} FROM attachments a
WHERE a.message_id = ? AND a.workspace_id = ? ORDER BY a.id

-- name: attachment_undigested_next
-- tenant: none, the job reads the files of every workspace in turn
SELECT id, workspace_id, message_id, object_key, size_bytes, promised_sha256 FROM attachments
WHERE sha256 IS NULL AND id > ? ORDER BY id LIMIT 1

-- name: attachment_set_sha256
-- event: message.updated
UPDATE attachments SET sha256 = ? WHERE id = ? AND workspace_id = ? AND sha256 IS NULL

-- The message that a file is in (NULL: none yet), the file's row locked so that none takes it meanwhile.
-- name: attachment_message_lock
SELECT message_id FROM attachments WHERE id = ? AND workspace_id = ? AND sha256 IS NULL
-- @mysql
FOR UPDATE

-- name: attachments_going_by_id
SELECT {attachment_going} FROM attachments a WHERE a.id = ? AND a.workspace_id = ? AND a.sha256 IS NULL

-- Uploads count as soon as they have begun; an object counts once, however many rows share it.
-- name: bytes_of_workspace
-- @sqlite
SELECT (SELECT COALESCE(SUM(o.size_bytes), 0) FROM
    (SELECT MAX(a.size_bytes) AS size_bytes FROM attachments a WHERE a.workspace_id = ? GROUP BY a.object_key) AS o) +
    (SELECT COALESCE(SUM(size_bytes), 0) FROM uploads WHERE workspace_id = ?)
-- @mysql
SELECT CAST((SELECT COALESCE(SUM(o.size_bytes), 0) FROM
    (SELECT MAX(a.size_bytes) AS size_bytes FROM attachments a WHERE a.workspace_id = ? GROUP BY a.object_key) AS o) +
    (SELECT COALESCE(SUM(size_bytes), 0) FROM uploads WHERE workspace_id = ?) AS SIGNED)

-- name: bytes_of_user
-- tenant: none, a person's files are counted over all workspaces
-- @sqlite
SELECT (SELECT COALESCE(SUM(o.size_bytes), 0) FROM
    (SELECT MAX(a.size_bytes) AS size_bytes FROM attachments a WHERE a.uploader_id = ? GROUP BY a.object_key) AS o) +
    (SELECT COALESCE(SUM(size_bytes), 0) FROM uploads WHERE user_id = ?)
-- @mysql
SELECT CAST((SELECT COALESCE(SUM(o.size_bytes), 0) FROM
    (SELECT MAX(a.size_bytes) AS size_bytes FROM attachments a WHERE a.uploader_id = ? GROUP BY a.object_key) AS o) +
    (SELECT COALESCE(SUM(size_bytes), 0) FROM uploads WHERE user_id = ?) AS SIGNED)
