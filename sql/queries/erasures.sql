-- What goes away in many transactions: how much has gone (domain/lifecycle/erasure_receipt.h), and what a person leaves.

-- name: erasure_add
-- @mysql
INSERT INTO erasures (kind, subject_id, message_count, file_count, byte_count, began_us) VALUES (?, ?, ?, ?, ?, ?)
ON DUPLICATE KEY UPDATE message_count = message_count + VALUES(message_count), file_count = file_count + VALUES(file_count),
    byte_count = byte_count + VALUES(byte_count)
-- @sqlite
INSERT INTO erasures (kind, subject_id, message_count, file_count, byte_count, began_us) VALUES (?, ?, ?, ?, ?, ?)
ON CONFLICT (kind, subject_id) DO UPDATE SET message_count = message_count + excluded.message_count,
    file_count = file_count + excluded.file_count, byte_count = byte_count + excluded.byte_count

-- name: erasure_get
SELECT message_count, file_count, byte_count, began_us FROM erasures WHERE kind = ? AND subject_id = ?

-- name: erasure_end
DELETE FROM erasures WHERE kind = ? AND subject_id = ?

-- Whose receipt it is.
-- columns: erasure_subject = uuid

-- name: erasure_chat_uuid
-- tenant: none, the job found the chat just before
SELECT {erasure_subject} FROM chats WHERE id = ?

-- name: erasure_workspace_uuid
SELECT {erasure_subject} FROM workspaces WHERE id = ?

-- name: erasure_user_uuid
SELECT {erasure_subject} FROM users WHERE id = ?

-- Whose pins name somebody else than their message's author.
-- name: pins_forget_user
-- tenant: none, an account leaves all workspaces
-- event: none, because no event tells who pinned a message before
UPDATE pins SET pinned_by = NULL WHERE pinned_by = ?
