-- What whoever runs the server is told of how much there is and what happens (app/domain/lifecycle/figures.c). The job sums; a
-- request reads one row, some minutes and the ends of an index.

-- ---- the job ----

-- name: figures_lock
SELECT position FROM figures WHERE id = 1
-- @mysql
FOR UPDATE

-- name: figures_log_end
SELECT MAX(e.position) FROM (SELECT position FROM event_log WHERE position > ? ORDER BY position LIMIT ?) AS e

-- name: posted_minutes_add
-- @mysql
INSERT INTO posted_minutes (minute, message_count)
SELECT e.at_us DIV 60000000, COUNT(*) FROM event_log e WHERE e.position > ? AND e.position <= ? AND e.kind = ?
GROUP BY e.at_us DIV 60000000
ON DUPLICATE KEY UPDATE message_count = message_count + VALUES(message_count)
-- @sqlite
INSERT INTO posted_minutes (minute, message_count)
SELECT e.at_us / 60000000, COUNT(*) FROM event_log e WHERE e.position > ? AND e.position <= ? AND e.kind = ?
GROUP BY e.at_us / 60000000
ON CONFLICT (minute) DO UPDATE SET message_count = message_count + excluded.message_count

-- Of whom a message is its row knows: a webhook's is nobody's, an assistant's not of who asked.
-- name: posted_by_add
-- tenant: none, the job sums what was posted in every workspace
-- @mysql
INSERT INTO posted_by (user_id, message_count)
SELECT m.sender_id, COUNT(*) FROM event_log e JOIN messages m ON m.uuid = e.subject
    JOIN users u ON u.id = m.sender_id AND u.deleted_us IS NULL
WHERE e.position > ? AND e.position <= ? AND e.kind = ?
GROUP BY m.sender_id
ON DUPLICATE KEY UPDATE message_count = posted_by.message_count + VALUES(message_count)
-- @sqlite
INSERT INTO posted_by (user_id, message_count)
SELECT m.sender_id, COUNT(*) FROM event_log e JOIN messages m ON m.uuid = e.subject
    JOIN users u ON u.id = m.sender_id AND u.deleted_us IS NULL
WHERE e.position > ? AND e.position <= ? AND e.kind = ?
GROUP BY m.sender_id
ON CONFLICT (user_id) DO UPDATE SET message_count = message_count + excluded.message_count

-- name: figures_go_on
UPDATE figures SET position = ? WHERE id = 1

-- name: posted_minutes_expire
DELETE FROM posted_minutes WHERE minute < ?

-- Erased: the rows of users stay.
-- name: posted_by_forget
DELETE FROM posted_by WHERE user_id = ?

-- name: figures_people
SELECT COUNT(*) AS user_count, COALESCE(SUM(is_active), 0) AS active_count, COALESCE(SUM(role = 1), 0) AS admin_count,
    COALESCE(SUM(twofa_enabled), 0) AS twofa_count, COALESCE(SUM(last_login_us > ?), 0) AS signed_in_count,
    COALESCE(SUM(created_us > ?), 0) AS new_count
FROM users WHERE deleted_us IS NULL

-- name: figures_workspaces
SELECT COUNT(*) AS workspace_count, COALESCE(SUM(created_us > ?), 0) AS new_count FROM workspaces WHERE deleted_us IS NULL

-- name: figures_chats
-- tenant: none, the job sums the chats of every workspace
SELECT COUNT(*) AS chat_count, COALESCE(SUM(message_count), 0) AS message_count FROM chats WHERE deleted_us IS NULL

-- name: figures_set
UPDATE figures SET counted_us = ?, user_count = ?, active_count = ?, admin_count = ?, twofa_count = ?, signed_in_count = ?,
    new_user_count = ?, workspace_count = ?, new_workspace_count = ?, chat_count = ?, message_count = ?
WHERE id = 1

-- ---- a request ----

-- name: figures_get
SELECT counted_us, user_count, active_count, admin_count, twofa_count, signed_in_count, new_user_count, workspace_count,
    new_workspace_count, chat_count, message_count
FROM figures WHERE id = 1

-- name: posted_lately
SELECT COALESCE(SUM(CASE WHEN minute > ? THEN message_count ELSE 0 END), 0) AS day_count,
    COALESCE(SUM(message_count), 0) AS week_count
FROM posted_minutes WHERE minute > ?

-- name: posted_most
SELECT u.email, p.message_count
FROM (SELECT user_id, message_count FROM posted_by ORDER BY message_count DESC, user_id DESC LIMIT ?) AS p
    JOIN users u ON u.id = p.user_id
WHERE u.deleted_us IS NULL
ORDER BY p.message_count DESC, p.user_id DESC
