-- The audit log: written with the action, read by administrators, sealed and erased by the jobs.

-- columns: audit_link = id, uuid, at_us, action, actor, actor_key_id, target_kind, target, target_key_id, request_id,
--     details, digest, actor_name, ip, salt, position, previous_hash, hash

-- name: audit_insert
INSERT INTO audit (uuid, at_us, action, actor, actor_key_id, actor_name, ip, salt, digest, target_kind, target,
    target_key_id, request_id, details)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)

-- The four ways to look into it, by the filter that has an index; the other filters follow. Times: after, up to and the
-- last row of the page before.

-- name: audit_list
SELECT {audit_link} FROM audit WHERE at_us > ? AND at_us <= ? AND (at_us < ? OR id < ?)
ORDER BY at_us DESC, id DESC LIMIT ?

-- name: audit_list_by_action
SELECT {audit_link} FROM audit WHERE action = ? AND at_us > ? AND at_us <= ? AND (at_us < ? OR id < ?)
ORDER BY at_us DESC, id DESC LIMIT ?

-- name: audit_list_by_actor
SELECT {audit_link} FROM audit WHERE actor = ? AND at_us > ? AND at_us <= ? AND (at_us < ? OR id < ?) AND (? IS NULL OR action = ?)
ORDER BY at_us DESC, id DESC LIMIT ?

-- name: audit_list_by_target
SELECT {audit_link} FROM audit WHERE target = ? AND at_us > ? AND at_us <= ? AND (at_us < ? OR id < ?) AND (? IS NULL OR action = ?)
    AND (? IS NULL OR actor = ?)
ORDER BY at_us DESC, id DESC LIMIT ?

-- name: audit_list_of_keys
SELECT {audit_link} FROM audit WHERE target_key_id >= ? AND target_key_id <= ? AND (? IS NULL OR action = ?)
ORDER BY id DESC LIMIT ? OFFSET ?

-- What is personal in a deleted user's rows, a stretch of time at a time.

-- name: audit_erasure_insert
INSERT INTO audit_erasures (user, from_us, due_us) VALUES (?, ?, ?)

-- name: audit_erasure_next
SELECT user, from_us FROM audit_erasures WHERE due_us <= ? ORDER BY due_us LIMIT 1

-- name: audit_erasure_move
UPDATE audit_erasures SET from_us = ? WHERE user = ?

-- name: audit_erasure_done
DELETE FROM audit_erasures WHERE user = ?

-- The end of the first ? + 1 rows; no row where there are fewer.
-- name: audit_erase_end_of_actor
SELECT at_us FROM audit WHERE actor = ? AND at_us >= ? ORDER BY at_us LIMIT 1 OFFSET ?

-- name: audit_erase_end_of_target
SELECT at_us FROM audit WHERE target = ? AND at_us >= ? ORDER BY at_us LIMIT 1 OFFSET ?

-- name: audit_erase_actor
UPDATE audit SET actor_name = NULL, ip = NULL, salt = NULL
WHERE actor = ? AND at_us >= ? AND at_us <= ? AND salt IS NOT NULL

-- name: audit_erase_target
UPDATE audit SET actor_name = NULL, ip = NULL, salt = NULL
WHERE target = ? AND at_us >= ? AND at_us <= ? AND actor IS NULL AND salt IS NOT NULL

-- name: work_audit_erasures
SELECT from_us FROM audit_erasures WHERE due_us <= ? LIMIT 1

-- The chain.

-- name: work_audit
SELECT id FROM audit WHERE position IS NULL AND at_us <= ? LIMIT 1

-- columns: audit_end = position, hash

-- name: audit_head
SELECT {audit_end} FROM audit_head WHERE id = 1

-- name: audit_head_locked
SELECT {audit_end} FROM audit_head WHERE id = 1
-- @mysql
FOR UPDATE

-- name: audit_head_move
UPDATE audit_head SET position = ?, hash = ? WHERE id = 1

-- name: audit_unsealed
SELECT {audit_link} FROM audit WHERE position IS NULL ORDER BY id LIMIT ?

-- name: audit_unsealed_count
SELECT COUNT(*) FROM audit WHERE position IS NULL

-- name: audit_seal
UPDATE audit SET position = ?, previous_hash = ?, hash = ? WHERE id = ? AND position IS NULL

-- name: audit_chain
SELECT {audit_link} FROM audit WHERE position > ? ORDER BY position LIMIT ?

-- Every row, sealed or not, in the order of writing.
-- name: audit_export
SELECT {audit_link} FROM audit WHERE id > ? ORDER BY id LIMIT ?
