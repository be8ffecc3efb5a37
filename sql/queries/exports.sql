-- What people and operators take with them (domain/lifecycle/archive.h).

-- Chats of a workspace, one after the other; of which kind at most (enum chat_kind).
-- name: export_chat_next
SELECT id, uuid, last_seq FROM chats
WHERE workspace_id = ? AND deleted_us IS NULL AND id > ? AND kind <= ? ORDER BY id LIMIT 1

-- name: export_workspace
SELECT id, uuid, name, personal, retention_days, require_2fa, created_us FROM workspaces
WHERE uuid = ? AND deleted_us IS NULL

-- name: export_messages_of_person
-- tenant: none, a person is given what they wrote in all workspaces
SELECT {message}, r.uuid AS reply_to_uuid, o.uuid AS root_uuid, c.uuid AS chat_uuid
FROM messages m JOIN chats c ON c.id = m.chat_id JOIN workspaces w ON w.id = c.workspace_id
    LEFT JOIN messages r ON r.id = m.reply_to LEFT JOIN messages o ON o.id = m.root_id
WHERE m.sender_id = ? AND m.id > ? AND m.deleted_us IS NULL AND c.deleted_us IS NULL AND w.deleted_us IS NULL
ORDER BY m.id LIMIT ?

-- Keyset: the workspace, the chat.
-- name: export_chat_states
SELECT o.workspace_id, o.chat_id, c.uuid AS chat_uuid, w.uuid AS workspace_uuid, o.read_seq, o.notify, o.starred, o.draft,
    o.changed_us
FROM members b JOIN workspaces w ON w.id = b.workspace_id AND w.deleted_us IS NULL
    JOIN chat_states o ON o.workspace_id = b.workspace_id AND o.user_id = b.user_id
    JOIN chats c ON c.id = o.chat_id AND c.deleted_us IS NULL
WHERE b.user_id = ? AND b.workspace_id >= ? AND (b.workspace_id > ? OR o.chat_id > ?)
ORDER BY b.workspace_id, o.chat_id LIMIT ?

-- Keyset: the message, the emoji.
-- name: export_reactions
-- tenant: none, a person is given their reactions in all workspaces
SELECT r.message_id, r.emoji, m.uuid AS message_uuid, c.uuid AS chat_uuid, r.created_us
FROM reactions r JOIN messages m ON m.id = r.message_id JOIN chats c ON c.id = m.chat_id AND c.deleted_us IS NULL
    JOIN workspaces w ON w.id = c.workspace_id AND w.deleted_us IS NULL
WHERE r.user_id = ? AND r.message_id >= ? AND (r.message_id > ? OR r.emoji > ?)
ORDER BY r.message_id, r.emoji LIMIT ?

-- Keyset: the message, the version.
-- name: export_versions
-- tenant: none, a person is given what they wrote in all workspaces
SELECT v.message_id, v.version, m.uuid AS message_uuid, v.content, v.created_us
FROM messages m JOIN message_versions v ON v.message_id = m.id
    JOIN chats c ON c.id = m.chat_id AND c.deleted_us IS NULL
    JOIN workspaces w ON w.id = c.workspace_id AND w.deleted_us IS NULL
WHERE m.sender_id = ? AND m.id >= ? AND (m.id > ? OR v.version > ?)
ORDER BY m.id, v.version LIMIT ?
