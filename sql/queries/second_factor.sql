-- Second factors, recovery codes, and sign-ins that wait for their second step. Whoever changes or consumes one holds the
-- lock of the user's row, so those of one user come one after the other.

-- name: totp_get
SELECT secret, enabled_us, last_step, wrong_count, locked_until_us FROM totp WHERE user_id = ?

-- name: totp_insert
INSERT INTO totp (user_id, secret, created_us) VALUES (?, ?, ?)

-- name: totp_enable
UPDATE totp SET enabled_us = ?, last_step = ? WHERE user_id = ? AND enabled_us IS NULL

-- A time step is good for one use, and ends those before it.
-- name: totp_consume_step
UPDATE totp SET last_step = ?, wrong_count = 0 WHERE user_id = ? AND enabled_us IS NOT NULL AND last_step < ?

-- name: totp_set_wrong
UPDATE totp SET wrong_count = ?, locked_until_us = ? WHERE user_id = ?

-- name: totp_delete
DELETE FROM totp WHERE user_id = ?

-- name: totp_page
SELECT t.user_id, u.uuid, t.secret
FROM totp t JOIN users u ON u.id = t.user_id
WHERE t.user_id > ? ORDER BY t.user_id LIMIT ?

-- The sealed secret is in the condition, so that one that was set up meanwhile stays.
-- name: totp_reseal
UPDATE totp SET secret = ? WHERE user_id = ? AND secret = ?

-- name: user_set_twofa
-- event: second_factor.changed
UPDATE users SET twofa_enabled = ?, version = version + 1, updated_us = ? WHERE id = ?

-- Ten of them: RECOVERY_CODES.
-- name: recovery_codes_insert
INSERT INTO recovery_codes (user_id, code_hash)
VALUES (?, ?), (?, ?), (?, ?), (?, ?), (?, ?), (?, ?), (?, ?), (?, ?), (?, ?), (?, ?)

-- name: recovery_code_consume
UPDATE recovery_codes SET used_us = ? WHERE user_id = ? AND code_hash = ? AND used_us IS NULL

-- name: recovery_codes_delete
DELETE FROM recovery_codes WHERE user_id = ?

-- name: challenge_insert
INSERT INTO challenges (jti, user_id, expires_us) VALUES (?, ?, ?)

-- name: challenge_is_open
SELECT wrong_count FROM challenges
WHERE jti = ? AND user_id = ? AND used_us IS NULL AND wrong_count < ? AND expires_us > ?

-- name: challenge_consume
UPDATE challenges SET used_us = ? WHERE jti = ? AND user_id = ? AND used_us IS NULL AND wrong_count < ? AND expires_us > ?

-- name: challenge_add_wrong
UPDATE challenges SET wrong_count = wrong_count + 1 WHERE jti = ? AND user_id = ?

-- name: challenges_delete
DELETE FROM challenges WHERE user_id = ?

-- name: challenge_expire
-- @mysql
DELETE FROM challenges WHERE expires_us <= ? ORDER BY expires_us LIMIT ?
-- @sqlite
DELETE FROM challenges WHERE jti IN (SELECT jti FROM challenges WHERE expires_us <= ? ORDER BY expires_us LIMIT ?)
