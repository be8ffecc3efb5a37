-- Objects that must go (domain/files/object_deletion.h).

-- name: object_deletion_insert
INSERT INTO object_deletions (object_key, store_upload_id, due_us) VALUES (?, ?, ?)

-- Rows on which the job has not begun.
-- name: object_deletions_withdraw
DELETE FROM object_deletions
WHERE attempts = 0 AND id IN (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)

-- name: object_deletions_delete
DELETE FROM object_deletions
WHERE id IN (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)

-- name: object_deletions_due
SELECT id FROM object_deletions WHERE due_us <= ? ORDER BY due_us, id LIMIT ?

-- Marks them as begun; the next try is a minute later for each one before it.
-- name: object_deletions_begin
UPDATE object_deletions SET due_us = ? + 60000000 * (attempts + 1), attempts = attempts + 1
WHERE due_us <= ? AND id IN (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)

-- name: object_deletions_begun
SELECT id, object_key, store_upload_id FROM object_deletions
WHERE attempts > 0 AND id IN (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
ORDER BY id
