-- name: preferences_get
SELECT value, version FROM user_preferences WHERE user_id = ?

-- name: preferences_update
UPDATE user_preferences SET value = ?, version = version + 1, updated_us = ? WHERE user_id = ?

-- name: preferences_insert
INSERT INTO user_preferences (user_id, value, version, updated_us) VALUES (?, ?, ?, ?)

-- name: preferences_delete
DELETE FROM user_preferences WHERE user_id = ?
