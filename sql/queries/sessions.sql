-- name: session_insert
-- event: none, because a new session has opened no stream yet
INSERT INTO sessions (uuid, user_id, refresh_jti, refresh_issued_us, ip, user_agent, created_us, last_used_us, expires_us,
    cookie_hash, stays)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)

-- name: session_principal
SELECT s.id, s.last_used_us, u.id AS user_id, u.uuid AS user_uuid, u.kind, u.role, u.twofa_enabled, u.email,
    s.cookie_hash, s.refresh_jti, s.refresh_issued_us
FROM sessions s JOIN users u ON u.id = s.user_id
WHERE s.uuid = ? AND s.ended_us IS NULL AND s.expires_us > ? AND u.is_active = 1 AND u.deleted_us IS NULL

-- name: session_touch
-- event: none, because nobody is told when a session was last used
UPDATE sessions SET last_used_us = ? WHERE id = ? AND last_used_us <= ?

-- MySQL sets from left to right: previous_jti stands first.
-- name: session_rotate
-- event: none, because the session goes on, and a stream looks again when the end that it knows is due
UPDATE sessions SET previous_jti = refresh_jti, refresh_jti = ?, refresh_issued_us = ?, last_used_us = ?, expires_us = ?
WHERE uuid = ? AND refresh_jti = ? AND ended_us IS NULL AND expires_us > ?

-- name: session_rotate_cookie
-- event: none, because the session goes on, and a stream looks again when the end that it knows is due
UPDATE sessions SET refresh_jti = ?, refresh_issued_us = ?, last_used_us = ?, expires_us = ?, cookie_hash = ?
WHERE uuid = ? AND cookie_hash = ? AND ended_us IS NULL AND expires_us > ?

-- name: session_refresh_state
SELECT s.id, s.refresh_jti, s.refresh_issued_us, s.previous_jti, s.expires_us, s.cookie_hash, s.stays, u.id AS user_id,
    u.uuid AS user_uuid, u.email, u.role, u.storage_epoch
FROM sessions s JOIN users u ON u.id = s.user_id
WHERE s.uuid = ? AND s.ended_us IS NULL AND s.expires_us > ? AND u.is_active = 1 AND u.deleted_us IS NULL

-- When the last of the sessions that may stay was made; no row where there are fewer.
-- name: session_oldest_kept
SELECT created_us FROM sessions WHERE user_id = ? AND ended_us IS NULL ORDER BY created_us DESC LIMIT 1 OFFSET ?

-- name: session_find
SELECT id FROM sessions WHERE uuid = ? AND user_id = ?

-- name: sessions_older
SELECT id FROM sessions WHERE user_id = ? AND ended_us IS NULL AND created_us < ?

-- An ended session expires at once, so that the clean-up has one index to look at.
-- name: session_end_older
-- event: session.ended
UPDATE sessions SET ended_us = ?, expires_us = ? WHERE user_id = ? AND ended_us IS NULL AND created_us < ?

-- name: session_end
-- event: session.ended
UPDATE sessions SET ended_us = ?, expires_us = ? WHERE uuid = ? AND user_id = ? AND ended_us IS NULL AND expires_us > ?

-- name: session_end_others
-- event: session.ended
UPDATE sessions SET ended_us = ?, expires_us = ? WHERE user_id = ? AND ended_us IS NULL AND id <> ?

-- name: session_list
SELECT id, uuid, created_us, last_used_us, expires_us, ip, user_agent
FROM sessions WHERE user_id = ? AND ended_us IS NULL AND expires_us > ? ORDER BY created_us DESC LIMIT ?

-- name: session_expire
-- event: none, because it had ended or come to the end that its streams know
-- @mysql
DELETE FROM sessions WHERE expires_us <= ? ORDER BY expires_us LIMIT ?
-- @sqlite
DELETE FROM sessions WHERE id IN (SELECT id FROM sessions WHERE expires_us <= ? ORDER BY expires_us LIMIT ?)
