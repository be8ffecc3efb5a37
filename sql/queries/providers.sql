-- Whoever serves models. workspace_id: 0 the server's, -1 of the environment.
-- columns: provider_row = p.id, p.uuid, p.workspace_id, p.name, p.kind, p.base_url, p.key_sealed, p.key_last4, p.http1, p.is_inner,
--     p.remote_images, p.max_parallel, p.connect_s, p.first_token_s, p.idle_s, p.total_s, p.enabled, p.version, p.created_us,
--     p.updated_us

-- name: provider_list
SELECT {provider_row} FROM providers p WHERE p.workspace_id = ? ORDER BY p.id

-- Of a workspace, or (0, -1) one that an administrator sees.
-- name: provider_get
SELECT {provider_row} FROM providers p WHERE p.uuid = ? AND p.workspace_id IN (?, ?)

-- All that may answer, for the snapshot of a process.
-- name: provider_all
SELECT {provider_row} FROM providers p WHERE p.workspace_id >= -1 AND p.enabled = 1 ORDER BY p.id

-- name: provider_count
SELECT COUNT(*) FROM providers WHERE workspace_id = ?

-- name: provider_insert
INSERT INTO providers (uuid, workspace_id, name, kind, base_url, key_sealed, key_last4, http1, is_inner, remote_images,
    max_parallel, connect_s, first_token_s, idle_s, total_s, enabled, created_us, updated_us)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)

-- name: provider_update
UPDATE providers SET name = ?, kind = ?, base_url = ?, key_sealed = ?, key_last4 = ?, http1 = ?, is_inner = ?,
    remote_images = ?, max_parallel = ?, connect_s = ?, first_token_s = ?, idle_s = ?, total_s = ?, enabled = ?,
    version = version + 1, updated_us = ?
WHERE id = ? AND workspace_id = ?

-- name: provider_delete
DELETE FROM providers WHERE id = ? AND workspace_id = ?

-- name: providers_erase_of_workspace
DELETE FROM providers WHERE workspace_id = ?

-- Keys, to be sealed again.
-- name: provider_key_page
-- tenant: none, the sealing key is the server's
SELECT p.id, p.uuid, p.key_sealed FROM providers p WHERE p.id > ? ORDER BY p.id LIMIT ?

-- name: provider_reseal
-- tenant: none, the sealing key is the server's
UPDATE providers SET key_sealed = ? WHERE id = ? AND key_sealed = ?

-- name: providers_version
SELECT version FROM providers_version WHERE id = 1

-- Held to the commit: whoever changes providers and models does it one after the other.
-- name: providers_version_move
UPDATE providers_version SET version = version + 1 WHERE id = 1
