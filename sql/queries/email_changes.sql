-- name: email_change_open_count
SELECT COUNT(*) FROM email_changes WHERE user_id = ? AND expires_us > ?

-- name: email_change_insert
INSERT INTO email_changes (token_hash, user_id, email, expires_us, created_us) VALUES (?, ?, ?, ?, ?)

-- Whose a token is, as long as it is worth something.
-- name: email_change_owner
SELECT u.uuid, c.email
FROM email_changes c JOIN users u ON u.id = c.user_id AND u.is_active = 1 AND u.deleted_us IS NULL
WHERE c.token_hash = ? AND c.expires_us > ?

-- name: email_change_consume
DELETE FROM email_changes WHERE token_hash = ? AND user_id = ? AND expires_us > ?

-- name: email_changes_end
DELETE FROM email_changes WHERE user_id = ?

-- name: email_changes_expire
-- @mysql
DELETE FROM email_changes WHERE expires_us <= ? ORDER BY expires_us LIMIT ?
-- @sqlite
DELETE FROM email_changes WHERE token_hash IN
    (SELECT token_hash FROM email_changes WHERE expires_us <= ? ORDER BY expires_us LIMIT ?)
