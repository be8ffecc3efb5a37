-- name: idempotency_insert
INSERT INTO idempotency (user_id, key_hash, body_hash, thing, created_us) VALUES (?, ?, ?, ?, ?)

-- name: idempotency_get
SELECT body_hash, thing, created_us FROM idempotency WHERE user_id = ? AND key_hash = ?

-- name: idempotency_renew
UPDATE idempotency SET body_hash = ?, thing = ?, created_us = ?
WHERE user_id = ? AND key_hash = ? AND created_us <= ?

-- name: idempotency_expire
-- @mysql
DELETE FROM idempotency WHERE created_us <= ? ORDER BY created_us LIMIT ?
-- @sqlite
DELETE FROM idempotency WHERE (user_id, key_hash) IN
    (SELECT user_id, key_hash FROM idempotency WHERE created_us <= ? ORDER BY created_us LIMIT ?)
