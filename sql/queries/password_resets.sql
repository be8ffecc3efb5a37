-- Asked for again before the job has looked, it stays one; the key says so.
-- name: password_reset_ask_insert
-- @mysql
INSERT INTO password_reset_asks (email, asked_us) VALUES (?, ?) ON DUPLICATE KEY UPDATE asked_us = asked_us
-- @sqlite
INSERT INTO password_reset_asks (email, asked_us) VALUES (?, ?) ON CONFLICT (email) DO NOTHING

-- name: work_password_reset_asks
SELECT asked_us FROM password_reset_asks WHERE asked_us <= ? ORDER BY asked_us LIMIT 1

-- name: password_reset_ask_next
SELECT email FROM password_reset_asks WHERE asked_us <= ? ORDER BY asked_us LIMIT 1

-- name: password_reset_ask_delete
DELETE FROM password_reset_asks WHERE email = ?

-- name: password_reset_open_count
SELECT COUNT(*) FROM password_resets WHERE user_id = ? AND expires_us > ? AND used_us IS NULL

-- name: password_reset_insert
INSERT INTO password_resets (token_hash, user_id, expires_us, created_us) VALUES (?, ?, ?, ?)

-- Whose a token is, as long as it is worth something.
-- name: password_reset_owner
SELECT u.uuid, u.email
FROM password_resets r JOIN users u ON u.id = r.user_id AND u.is_active = 1 AND u.deleted_us IS NULL
WHERE r.token_hash = ? AND r.used_us IS NULL AND r.expires_us > ?

-- name: password_reset_consume
UPDATE password_resets SET used_us = ? WHERE token_hash = ? AND user_id = ? AND used_us IS NULL AND expires_us > ?

-- name: password_resets_end
DELETE FROM password_resets WHERE user_id = ? AND used_us IS NULL

-- name: password_resets_expire
-- @mysql
DELETE FROM password_resets WHERE expires_us <= ? ORDER BY expires_us LIMIT ?
-- @sqlite
DELETE FROM password_resets WHERE token_hash IN
    (SELECT token_hash FROM password_resets WHERE expires_us <= ? ORDER BY expires_us LIMIT ?)

-- name: password_resets_forget
DELETE FROM password_resets WHERE user_id = ?
