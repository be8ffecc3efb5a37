-- What the jobs take, find and remove.

-- A chat of which a piece goes next.
-- columns: chat_piece = id, workspace_id

-- name: chat_deleted_next
-- tenant: none, the job removes the deleted chats of every workspace
SELECT {chat_piece} FROM chats WHERE deleted_us IS NOT NULL ORDER BY deleted_us LIMIT 1

-- name: chat_first_seqs_end
SELECT MAX(seq) FROM
    (SELECT seq FROM messages WHERE chat_id = ? AND workspace_id = ? ORDER BY seq LIMIT ?) first_ones

-- name: messages_delete_to_seq
-- event: none, because chat.deleted or workspace.deleted was told when the chat was marked
DELETE FROM messages WHERE chat_id = ? AND workspace_id = ? AND seq <= ?

-- name: chat_erase
-- event: none, because chat.deleted or workspace.deleted was told when the chat was marked
DELETE FROM chats WHERE id = ? AND workspace_id = ? AND deleted_us IS NOT NULL

-- name: workspace_deleted_next
SELECT id FROM workspaces WHERE deleted_us IS NOT NULL ORDER BY deleted_us LIMIT 1

-- name: chats_mark_deleted_of_workspace
-- event: none, because workspace.deleted was told of the workspace with all its chats
UPDATE chats SET deleted_us = ? WHERE workspace_id = ? AND deleted_us IS NULL

-- name: chat_deleted_of_workspace
SELECT {chat_piece} FROM chats WHERE workspace_id = ? ORDER BY deleted_us LIMIT 1

-- name: workspace_erase
-- event: none, because workspace.deleted was told when it was marked
DELETE FROM workspaces WHERE id = ? AND deleted_us IS NOT NULL

-- name: user_erasing_next
SELECT id, erase_messages FROM users WHERE erase_messages > 0 AND id > 0 ORDER BY id LIMIT 1

-- name: message_first_of_sender
-- tenant: none, the job removes what a user wrote in every workspace
SELECT {chat_piece, id = chat_id} FROM messages WHERE sender_id = ? ORDER BY id LIMIT 1

-- name: sender_first_ids_end
SELECT MAX(id) FROM
    (SELECT id FROM messages WHERE sender_id = ? AND chat_id = ? AND workspace_id = ? ORDER BY id LIMIT ?) first_ones

-- What is told of messages that go.
-- columns: message_gone = uuid, seq

-- name: messages_of_sender
SELECT {message_gone} FROM messages WHERE sender_id = ? AND chat_id = ? AND workspace_id = ? AND id <= ? ORDER BY id

-- name: messages_delete_of_sender
-- event: message.deleted
DELETE FROM messages WHERE sender_id = ? AND chat_id = ? AND workspace_id = ? AND id <= ?

-- name: chat_add_message_count
-- event: none, because message.deleted tells of each message that the count lost
UPDATE chats SET message_count = message_count + ? WHERE id = ? AND workspace_id = ?

-- name: user_erased
-- event: none, because only the job reads the mark
UPDATE users SET erase_messages = 0 WHERE id = ?

-- name: invitations_expire
-- tenant: none, the job removes the old invitations of every workspace
-- @mysql
DELETE FROM invitations WHERE expires_us <= ? ORDER BY expires_us LIMIT ?
-- @sqlite
DELETE FROM invitations WHERE id IN (SELECT id FROM invitations WHERE expires_us <= ? ORDER BY expires_us LIMIT ?)

-- Is there any work? One row or none for each kind; ? is the time before which it counts.

-- name: work_objects
SELECT id FROM object_deletions WHERE due_us <= ? ORDER BY due_us, id LIMIT 1

-- name: work_uploads
-- tenant: none, the job looks at every workspace
SELECT id FROM uploads WHERE expires_us <= ? ORDER BY expires_us LIMIT 1

-- name: work_unbound
-- tenant: none, the job looks at every workspace
SELECT id FROM attachments WHERE message_id IS NULL AND created_us <= ? ORDER BY created_us LIMIT 1

-- name: work_unread
-- tenant: none, the job looks at every workspace
SELECT id FROM attachments WHERE sha256 IS NULL AND id > 0 AND created_us <= ? ORDER BY id LIMIT 1

-- name: work_chats
-- tenant: none, the job looks at every workspace
SELECT id FROM chats WHERE deleted_us <= ? ORDER BY deleted_us LIMIT 1

-- name: work_workspaces
SELECT id FROM workspaces WHERE deleted_us <= ? ORDER BY deleted_us LIMIT 1

-- name: work_users
SELECT id FROM users WHERE erase_messages > 0 AND id > 0 AND updated_us <= ? ORDER BY id LIMIT 1
