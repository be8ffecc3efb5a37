-- Direct uploads that have begun and are not attachments yet.

-- name: upload_insert
INSERT INTO uploads (uuid, workspace_id, user_id, object_key, part_size_bytes, filename, content_type, size_bytes, sha256,
    width, height, created_us, expires_us)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)

-- name: upload_count_of_user
-- tenant: none, a user's uploads are counted over all workspaces
SELECT COUNT(*) FROM (SELECT 1 FROM uploads WHERE user_id = ? LIMIT ?) pending

-- name: upload_get
SELECT id, uuid, workspace_id, user_id, object_key, store_upload_id, part_size_bytes, filename, content_type, size_bytes,
    sha256, width, height, created_us, expires_us
FROM uploads WHERE uuid = ? AND workspace_id = ? AND user_id = ? AND expires_us > ?

-- name: upload_set_store_upload
UPDATE uploads SET store_upload_id = ? WHERE id = ? AND workspace_id = ? AND store_upload_id IS NULL

-- A completion that has not ended in UPLOAD_CLAIM_MAX_S is taken to be dead.
-- name: upload_claim
UPDATE uploads SET claimed_us = ?
WHERE id = ? AND workspace_id = ? AND expires_us > ? AND (claimed_us IS NULL OR claimed_us <= ?)

-- name: upload_release
UPDATE uploads SET claimed_us = NULL WHERE id = ? AND workspace_id = ? AND claimed_us = ?

-- name: upload_delete_claimed
DELETE FROM uploads WHERE id = ? AND workspace_id = ? AND claimed_us = ?

-- name: upload_delete_unclaimed
DELETE FROM uploads WHERE id = ? AND workspace_id = ? AND (claimed_us IS NULL OR claimed_us <= ?)

-- name: upload_key_open
-- tenant: none, the key names the workspace, and its signature has been checked
SELECT COUNT(*) FROM uploads p JOIN users u ON u.id = p.user_id
    JOIN members m ON m.workspace_id = p.workspace_id AND m.user_id = p.user_id
WHERE p.object_key = ? AND p.expires_us > ? AND (p.claimed_us IS NULL OR p.claimed_us <= ?) AND u.is_active = 1
    AND u.deleted_us IS NULL

-- columns: upload_old = id, workspace_id, object_key, store_upload_id, expires_us

-- name: uploads_expired
-- tenant: none, the job removes them in every workspace
SELECT {upload_old} FROM uploads
WHERE expires_us <= ? AND (claimed_us IS NULL OR claimed_us <= ?) ORDER BY expires_us LIMIT ?

-- name: uploads_of_workspace
SELECT {upload_old} FROM uploads WHERE workspace_id = ? ORDER BY id LIMIT ?

-- name: uploads_of_user
-- tenant: none, an account leaves all workspaces
SELECT {upload_old} FROM uploads WHERE user_id = ? ORDER BY id LIMIT ?
