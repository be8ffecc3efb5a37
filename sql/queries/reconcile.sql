-- Rows held against objects (domain/lifecycle/reconcile.h).

-- name: reconcile_attachments
-- tenant: none, the files of every workspace are looked at
SELECT id, workspace_id, object_key, size_bytes FROM attachments WHERE id > ? ORDER BY id LIMIT ?

-- Which of these keys some row knows: a file, an upload under way, or an object that is to go. OBJECT_BATCH_MAX each.
-- name: reconcile_known
-- tenant: none, objects of every workspace are looked at
SELECT a.object_key FROM attachments a WHERE a.object_key IN
    (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
UNION ALL
SELECT p.object_key FROM uploads p WHERE p.object_key IN
    (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
UNION ALL
SELECT d.object_key FROM object_deletions d WHERE d.object_key IN
    (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)

-- The message that a file is in (NULL: none), the file's row locked so that none takes it meanwhile.
-- name: reconcile_message_lock
SELECT message_id FROM attachments WHERE id = ? AND workspace_id = ?
-- @mysql
FOR UPDATE

-- name: attachments_going_lost
SELECT {attachment_going} FROM attachments a WHERE a.id = ? AND a.workspace_id = ?
