-- name: idempotency_insert
INSERT INTO idempotency_keys (user_id, key_hash, body_hash, resource_uuid, created_us) VALUES (?, ?, ?, ?, ?)

-- name: idempotency_get
SELECT body_hash, resource_uuid, created_us FROM idempotency_keys WHERE user_id = ? AND key_hash = ?

-- name: idempotency_renew
UPDATE idempotency_keys SET body_hash = ?, resource_uuid = ?, created_us = ?
WHERE user_id = ? AND key_hash = ? AND created_us <= ?

-- name: idempotency_expire
-- @mysql
DELETE FROM idempotency_keys WHERE created_us <= ? ORDER BY created_us LIMIT ?
-- @sqlite
DELETE FROM idempotency_keys WHERE (user_id, key_hash) IN
    (SELECT user_id, key_hash FROM idempotency_keys WHERE created_us <= ? ORDER BY created_us LIMIT ?)

-- name: idempotency_keys_forget
DELETE FROM idempotency_keys WHERE user_id = ?
