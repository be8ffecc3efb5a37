-- columns: user = id, uuid, kind, email, username, first_name, last_name, role, is_active, is_first_login, tos_accepted,
--     twofa_enabled, last_login_us, created_us, updated_us, version, status_text, status_emoji, status_until_us,
--     storage_epoch

-- name: user_by_id
SELECT {user} FROM users WHERE id = ? AND deleted_us IS NULL

-- name: user_by_uuid
SELECT {user} FROM users WHERE uuid = ? AND deleted_us IS NULL

-- name: user_by_uuid_locked
SELECT {user} FROM users WHERE uuid = ? AND deleted_us IS NULL
-- @mysql
FOR UPDATE

-- What counts a user's things and then adds one locks the row first: otherwise two at once would both find room.
-- name: user_row_lock
SELECT id FROM users WHERE id = ? AND deleted_us IS NULL
-- @mysql
FOR UPDATE

-- The same by address, for somebody who is known by that only.
-- name: user_row_lock_by_email
SELECT id FROM users WHERE email = ? AND deleted_us IS NULL
-- @mysql
FOR UPDATE

-- name: user_by_email
SELECT {user}, password_hash FROM users WHERE email = ? AND deleted_us IS NULL

-- name: user_password_hash
SELECT password_hash FROM users WHERE id = ? AND deleted_us IS NULL

-- name: user_id_by_email
SELECT id FROM users WHERE email = ?

-- The smallest id, 0 where there is no user at all.
-- name: user_first
SELECT MIN(id) FROM users

-- name: user_insert
-- event: none, because a new user is seen by nobody before member.joined
INSERT INTO users (uuid, kind, email, username, first_name, last_name, names_folded, password_hash, role, created_us,
    updated_us)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)

-- name: user_list
SELECT {user} FROM users WHERE id > ? AND deleted_us IS NULL ORDER BY id LIMIT ? OFFSET ?

-- name: user_search
-- @mysql
SELECT {user} FROM users WHERE id > ? AND deleted_us IS NULL
    AND (email LIKE ? ESCAPE '!' OR email LIKE ? ESCAPE '!' OR LOWER(CONVERT(username USING utf8mb4)) LIKE LOWER(?) ESCAPE '!'
        OR LOWER(first_name) LIKE LOWER(?) ESCAPE '!' OR LOWER(last_name) LIKE LOWER(?) ESCAPE '!')
ORDER BY id LIMIT ? OFFSET ?
-- @sqlite
SELECT {user} FROM users WHERE id > ? AND deleted_us IS NULL
    AND (email LIKE ? ESCAPE '!' OR email LIKE ? ESCAPE '!' OR username LIKE ? ESCAPE '!'
        OR first_name LIKE ? ESCAPE '!' OR last_name LIKE ? ESCAPE '!')
ORDER BY id LIMIT ? OFFSET ?

-- Every row of addresses that once had several spellings, page by page.
-- name: user_email_page
SELECT id, email FROM users WHERE id > ? ORDER BY id LIMIT ?

-- name: user_email_rekey
-- event: none, because the mailbox stays the same
UPDATE users SET email = ? WHERE id = ? AND email = ?

-- name: user_email_set
-- event: none, because no event tells an address
UPDATE users SET email = ?, version = version + 1, updated_us = ? WHERE id = ? AND deleted_us IS NULL

-- name: user_stats
SELECT COUNT(*) AS total_count, COALESCE(SUM(is_active), 0) AS active_count, COALESCE(SUM(role = 1), 0) AS admin_count,
    COALESCE(SUM(twofa_enabled), 0) AS twofa_count
FROM users WHERE deleted_us IS NULL

-- name: user_change
-- event: role.changed, key.deactivated
UPDATE users SET first_name = ?, last_name = ?, names_folded = ?, tos_accepted = ?, is_active = ?, role = ?, version = version + 1,
    updated_us = ?
WHERE id = ?

-- The hash is in the condition, so a password that is changed at the same moment is noticed, and the second factor, so
-- that one that is switched on at the same moment is asked for. The first sign-in is over
-- with the second; MySQL reads last_login_us before it sets it because it stands first here.
-- name: user_signed_in
-- event: none, because nobody is told when somebody signed in
UPDATE users SET is_first_login = CASE WHEN last_login_us IS NULL THEN is_first_login ELSE 0 END, last_login_us = ?,
    password_hash = ?, version = version + 1
WHERE id = ? AND password_hash = ? AND is_active = 1 AND twofa_enabled = 0 AND deleted_us IS NULL

-- The first of two steps: nobody has signed in yet. Finds the row also where the hash stays.
-- name: user_first_step
-- event: none, because the password stays the same
UPDATE users SET password_hash = ? WHERE id = ? AND password_hash = ? AND is_active = 1 AND deleted_us IS NULL

-- name: user_second_step
-- event: none, because nobody is told when somebody signed in
UPDATE users SET is_first_login = CASE WHEN last_login_us IS NULL THEN is_first_login ELSE 0 END, last_login_us = ?,
    version = version + 1
WHERE id = ? AND is_active = 1 AND twofa_enabled = 1 AND deleted_us IS NULL

-- name: user_password_change
-- event: none, because the sessions that it ends tell it themselves
UPDATE users SET password_hash = ?, is_first_login = 0, storage_epoch = storage_epoch + 1, version = version + 1,
    updated_us = ?
WHERE id = ? AND password_hash = ? AND deleted_us IS NULL

-- name: user_password_set
-- event: none, because the sessions that it ends tell it themselves
UPDATE users SET password_hash = ?, storage_epoch = storage_epoch + 1, version = version + 1, updated_us = ?
WHERE id = ? AND deleted_us IS NULL

-- name: user_set_status
-- event: status
UPDATE users SET status_text = ?, status_emoji = ?, status_until_us = ?, version = version + 1, updated_us = ?
WHERE id = ? AND deleted_us IS NULL

-- What users say of themselves, as many as the reader of the event log takes at once (EVENT_BATCH_MAX).
-- name: user_status_batch
SELECT id, status_text, status_emoji, status_until_us FROM users
WHERE id IN (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?,
        ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)

-- name: user_erase
-- event: none, because member.left, session.ended and key.deactivated are told of all that the account had
UPDATE users SET email = NULL, username = ?, first_name = NULL, last_name = NULL, names_folded = '', password_hash = NULL, role = 0,
    is_active = 0, is_first_login = 0, tos_accepted = 0, twofa_enabled = 0, last_login_us = NULL,
    status_text = NULL, status_emoji = NULL, status_until_us = NULL, erase_messages = ?, deleted_us = ?, version = version + 1, updated_us = ?
WHERE id = ?

-- Behind every change of what somebody is called, or whether they still are: author_cache.h.
-- name: people_touch
UPDATE people_version SET version = version + 1 WHERE id = 1

-- name: user_erase_sessions
-- event: session.ended
DELETE FROM sessions WHERE user_id = ?

-- name: user_erase_invitations
-- tenant: none, an address leaves the whole server
DELETE FROM invitations WHERE email = ?
