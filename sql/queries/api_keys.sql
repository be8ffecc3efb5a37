-- Keys are looked up by their hash, and otherwise for the whole server or for their owner.

-- columns: api_key = k.id, k.uuid, k.user_id, k.workspace_id, w.uuid AS workspace_uuid, k.name, k.description, k.scopes,
--     k.allowed_ips, k.expires_us, k.is_active, k.last_used_us, k.last_used_ip, k.created_by_user, k.created_by_key,
--     k.replaced_by, k.created_us, k.updated_us

-- name: api_key_principal
-- tenant: none, the key says which workspace
SELECT k.id, k.uuid, k.scopes, k.allowed_ips, k.expires_us, k.is_active, k.last_used_us, k.workspace_id,
    w.uuid AS workspace_uuid, u.id AS user_id, u.uuid AS user_uuid, u.kind, u.role, u.twofa_enabled, u.email
FROM api_keys k JOIN users u ON u.id = k.user_id AND u.is_active = 1 AND u.deleted_us IS NULL
    JOIN workspaces w ON w.id = k.workspace_id AND w.deleted_us IS NULL
    JOIN members m ON m.workspace_id = k.workspace_id AND m.user_id = k.user_id
WHERE k.key_hash = ?

-- name: api_key_touch
-- event: none, because nobody is told when a key was last used
UPDATE api_keys SET last_used_us = ?, last_used_ip = ? WHERE id = ? AND (last_used_us IS NULL OR last_used_us <= ?)

-- name: api_key_touch_refused
-- event: none, because nobody is told when a key was last refused
UPDATE api_keys SET refused_us = ? WHERE id = ? AND (refused_us IS NULL OR refused_us <= ?)

-- name: api_key_get
SELECT {api_key} FROM api_keys k JOIN workspaces w ON w.id = k.workspace_id
WHERE k.id = ?

-- The least is_active that counts: 1 for active keys, 0 for all.
-- name: api_key_list
SELECT {api_key} FROM api_keys k JOIN workspaces w ON w.id = k.workspace_id
WHERE k.id > 0 AND k.is_active >= ? ORDER BY k.id LIMIT ? OFFSET ?

-- name: api_key_list_expiring
SELECT {api_key} FROM api_keys k JOIN workspaces w ON w.id = k.workspace_id
WHERE k.is_active = 1 AND k.expires_us > ? AND k.expires_us <= ? ORDER BY k.expires_us, k.id LIMIT ?

-- The same of one user.
-- name: api_key_list_of_user
SELECT {api_key} FROM api_keys k JOIN workspaces w ON w.id = k.workspace_id
WHERE k.user_id = ? AND k.is_active >= ? ORDER BY k.id LIMIT ? OFFSET ?

-- name: api_key_list_expiring_of_user
SELECT {api_key} FROM api_keys k JOIN workspaces w ON w.id = k.workspace_id
WHERE k.user_id = ? AND k.is_active = 1 AND k.expires_us > ? AND k.expires_us <= ? ORDER BY k.expires_us, k.id LIMIT ?

-- name: api_key_first
SELECT MIN(id) FROM api_keys

-- name: api_key_active_count
SELECT COUNT(*) FROM api_keys WHERE user_id = ? AND is_active = 1

-- name: api_key_insert
-- event: none, because a new key has opened no stream yet
INSERT INTO api_keys (uuid, user_id, workspace_id, name, description, scopes, key_hash, allowed_ips, expires_us,
    created_by_user, created_by_key, created_us, updated_us)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)

-- name: api_key_change
-- event: key.changed, key.deactivated
UPDATE api_keys SET name = ?, description = ?, scopes = ?, allowed_ips = ?, expires_us = ?, is_active = ?,
    replaced_by = ?, updated_us = ?
WHERE id = ?

-- name: api_key_delete
-- event: key.deactivated
DELETE FROM api_keys WHERE id = ?

-- name: api_key_delete_of_user
-- event: key.deactivated
DELETE FROM api_keys WHERE user_id = ?

-- name: api_key_cleanup
-- event: key.expired
UPDATE api_keys SET is_active = 0, updated_us = ? WHERE is_active = 1 AND expires_us <= ?

-- name: work_api_keys
SELECT id FROM api_keys WHERE is_active = 1 AND expires_us <= ? ORDER BY expires_us LIMIT 1

-- name: administrator_lock
-- @mysql
SELECT name FROM singletons WHERE name = 'administrators' FOR UPDATE
-- @sqlite
SELECT name FROM singletons WHERE name = 'administrators'

-- name: administrator_person
SELECT id FROM users WHERE role = 1 AND is_active = 1 AND deleted_us IS NULL AND password_hash IS NOT NULL LIMIT 1

-- A replaced key is about to end. From the administrators to their keys: MariaDB would go the other way.
-- name: administrator_key
-- @mysql
SELECT STRAIGHT_JOIN k.id
FROM users u JOIN api_keys k ON k.user_id = u.id
    JOIN workspaces w ON w.id = k.workspace_id AND w.personal = 1 AND w.created_by = u.id AND w.deleted_us IS NULL
WHERE u.role = 1 AND u.is_active = 1 AND u.deleted_us IS NULL AND k.is_active = 1 AND (k.scopes & 4) <> 0
    AND k.replaced_by IS NULL AND (k.expires_us IS NULL OR k.expires_us > ?)
LIMIT 1
-- @sqlite
SELECT k.id
FROM users u JOIN api_keys k ON k.user_id = u.id
    JOIN workspaces w ON w.id = k.workspace_id AND w.personal = 1 AND w.created_by = u.id AND w.deleted_us IS NULL
WHERE u.role = 1 AND u.is_active = 1 AND u.deleted_us IS NULL AND k.is_active = 1 AND (k.scopes & 4) <> 0
    AND k.replaced_by IS NULL AND (k.expires_us IS NULL OR k.expires_us > ?)
LIMIT 1
