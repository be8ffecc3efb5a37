-- Who is told of messages while they are away (notice.h): rows of notices, what people want of them, and their browsers.

-- name: notice_add_mention
-- @mysql
INSERT IGNORE INTO notices (user_id, message_id, workspace_id, chat_id, kind, created_us, push_us, mail_us)
SELECT b.user_id, ?, b.workspace_id, ?, 0, ?, ?, ? FROM members b WHERE b.workspace_id = ? AND b.user_id = ?
-- @sqlite
INSERT OR IGNORE INTO notices (user_id, message_id, workspace_id, chat_id, kind, created_us, push_us, mail_us)
SELECT b.user_id, ?, b.workspace_id, ?, 0, ?, ?, ? FROM members b WHERE b.workspace_id = ? AND b.user_id = ?

-- name: notice_add_reply
-- @mysql
INSERT IGNORE INTO notices (user_id, message_id, workspace_id, chat_id, kind, created_us, push_us, mail_us)
SELECT b.user_id, ?, b.workspace_id, r.chat_id, 1, ?, ?, ?
FROM messages r JOIN members b ON b.workspace_id = r.workspace_id AND b.user_id = r.sender_id
WHERE r.workspace_id = ? AND r.id = ? AND r.sender_id <> ?
-- @sqlite
INSERT OR IGNORE INTO notices (user_id, message_id, workspace_id, chat_id, kind, created_us, push_us, mail_us)
SELECT b.user_id, ?, b.workspace_id, r.chat_id, 1, ?, ?, ?
FROM messages r JOIN members b ON b.workspace_id = r.workspace_id AND b.user_id = r.sender_id
WHERE r.workspace_id = ? AND r.id = ? AND r.sender_id <> ?

-- name: notice_add_direct
-- @mysql
INSERT IGNORE INTO notices (user_id, message_id, workspace_id, chat_id, kind, created_us, push_us, mail_us)
SELECT m.user_id, ?, m.workspace_id, m.chat_id, 2, ?, ?, ?
FROM chat_members m WHERE m.chat_id = ? AND m.workspace_id = ? AND m.user_id <> ?
-- @sqlite
INSERT OR IGNORE INTO notices (user_id, message_id, workspace_id, chat_id, kind, created_us, push_us, mail_us)
SELECT m.user_id, ?, m.workspace_id, m.chat_id, 2, ?, ?, ?
FROM chat_members m WHERE m.chat_id = ? AND +m.workspace_id = ? AND m.user_id <> ?

-- Of a chat that goes to another workspace, message by message with all that hangs on them.
-- name: notices_move
-- event: none, because chat_move tells of the chat with all that is in it
-- @mysql
UPDATE messages m JOIN notices n ON n.message_id = m.id JOIN members b ON b.workspace_id = ? AND b.user_id = n.user_id
SET n.workspace_id = b.workspace_id
WHERE m.chat_id = ? AND m.workspace_id = ? AND m.seq > ? AND m.seq <= ?
-- @sqlite
UPDATE notices SET workspace_id = b.workspace_id FROM messages m, members b
WHERE m.id = notices.message_id AND b.user_id = notices.user_id AND b.workspace_id = ?
    AND m.chat_id = ? AND +m.workspace_id = ? AND m.seq > ? AND m.seq <= ?

-- name: work_push_notices
-- tenant: none, the job tells of the messages of every workspace
SELECT user_id FROM notices WHERE push_us <= ? ORDER BY push_us LIMIT 1

-- name: work_mail_notices
-- tenant: none, the job tells of the messages of every workspace
SELECT user_id FROM notices WHERE mail_us <= ? ORDER BY mail_us LIMIT 1

-- What is due first, with all that decides whether it is still worth telling: whether they may read it, have read it, and want it.
-- columns: notice_due = n.user_id, n.message_id, n.chat_id, n.kind, n.push_us,
--     c.join_mode = 0 OR cm.user_id IS NOT NULL AS may_read,
--     m.deleted_us IS NULL AND c.deleted_us IS NULL AND w.deleted_us IS NULL AND c.workspace_id = w.id AS is_there,
--     u.is_active = 1 AND u.deleted_us IS NULL AND u.twofa_enabled >= w.require_2fa AS is_let_in,
--     m.seq, COALESCE(o.read_seq, 0) AS read_seq, COALESCE(o.notify, 0) AS notify, COALESCE(x.push, 1) AS push,
--     x.quiet_from, x.quiet_to, x.timezone, (SELECT MAX(p.active_us) FROM presence p WHERE p.user_id = n.user_id) AS active_us,
--     m.uuid, c.uuid AS chat_uuid, w.uuid AS workspace_uuid, c.title, SUBSTR(m.content, 1, 200) AS preview, m.sender_name,
--     s.first_name, s.last_name, s.username

-- name: notice_push_next
-- tenant: none, the job tells of the messages of every workspace
SELECT {notice_due}
FROM notices n JOIN messages m ON m.id = n.message_id JOIN chats c ON c.id = m.chat_id
    JOIN workspaces w ON w.id = n.workspace_id JOIN users u ON u.id = n.user_id
    LEFT JOIN chat_members cm ON cm.chat_id = m.chat_id AND cm.user_id = n.user_id
    LEFT JOIN chat_states o ON o.workspace_id = n.workspace_id AND o.user_id = n.user_id AND o.chat_id = m.chat_id
    LEFT JOIN notice_settings x ON x.user_id = n.user_id LEFT JOIN users s ON s.id = m.sender_id
WHERE n.push_us <= ? ORDER BY n.push_us LIMIT 1

-- Takes it: of several processes one. NULL: no more is to be done about it by push.
-- name: notice_push_claim
-- tenant: none, the job tells of the messages of every workspace
UPDATE notices SET push_us = ?, push_tries = push_tries + 1 WHERE user_id = ? AND message_id = ? AND push_us = ?

-- Where no push service takes it now it is looked at again.
-- name: notice_push_set
-- tenant: none, the job tells of the messages of every workspace
UPDATE notices SET push_us = ? WHERE user_id = ? AND message_id = ? AND push_tries < ?

-- What else is due of the same chat: one is told for all.
-- name: notices_push_told
-- tenant: none, the job tells of the messages of every workspace
UPDATE notices SET push_us = NULL WHERE user_id = ? AND chat_id = ? AND push_us <= ?

-- name: notices_done
-- tenant: none, the job tells of the messages of every workspace
DELETE FROM notices WHERE user_id = ? AND push_us IS NULL AND mail_us IS NULL

-- Who is no longer named in a message that was edited is not told of it.
-- name: notices_forget_mentions
DELETE FROM notices WHERE message_id = ? AND workspace_id = ? AND kind = 0 AND NOT EXISTS
    (SELECT 1 FROM mentions n WHERE n.message_id = notices.message_id AND n.user_id = notices.user_id)

-- Whose mail is due first.
-- name: notice_mail_next
-- tenant: none, the job tells of the messages of every workspace
SELECT n.user_id, u.email, u.is_active, u.deleted_us, COALESCE(x.mail, 1) AS mail, x.quiet_from, x.quiet_to, x.timezone
FROM notices n JOIN users u ON u.id = n.user_id LEFT JOIN notice_settings x ON x.user_id = n.user_id
WHERE n.mail_us <= ? ORDER BY n.mail_us LIMIT 1

-- All that stands in it: what somebody has not read, may read, and wants, chat by chat.
-- name: notice_mail_list
-- tenant: none, the job tells of the messages of every workspace
SELECT c.title, c.uuid AS chat_uuid, w.uuid AS workspace_uuid, w.name, COUNT(*) AS count
FROM notices n JOIN messages m ON m.id = n.message_id AND m.deleted_us IS NULL
    JOIN chats c ON c.id = m.chat_id AND c.workspace_id = n.workspace_id AND c.deleted_us IS NULL
    JOIN workspaces w ON w.id = n.workspace_id AND w.deleted_us IS NULL
    JOIN users u ON u.id = n.user_id AND u.twofa_enabled >= w.require_2fa
    LEFT JOIN chat_members cm ON cm.chat_id = m.chat_id AND cm.user_id = n.user_id
    LEFT JOIN chat_states o ON o.workspace_id = n.workspace_id AND o.user_id = n.user_id AND o.chat_id = m.chat_id
WHERE n.user_id = ? AND n.mail_us IS NOT NULL AND n.created_us <= ? AND m.seq > COALESCE(o.read_seq, 0)
    AND COALESCE(o.notify, 0) <> 2 AND (c.join_mode = 0 OR cm.user_id IS NOT NULL)
GROUP BY c.id, c.title, c.uuid, w.uuid, w.name ORDER BY c.id LIMIT ?

-- What browsers are still to be told stays.
-- name: notices_mail_claim
-- tenant: none, the job tells of the messages of every workspace
UPDATE notices SET mail_us = NULL WHERE user_id = ? AND mail_us IS NOT NULL AND created_us <= ?

-- name: notices_mail_put_off
-- tenant: none, the job tells of the messages of every workspace
UPDATE notices SET mail_us = ? WHERE user_id = ? AND mail_us <= ?

-- name: notice_settings_get
SELECT push, mail, quiet_from, quiet_to, timezone, version FROM notice_settings WHERE user_id = ?

-- name: notice_settings_insert
INSERT INTO notice_settings (push, mail, quiet_from, quiet_to, timezone, updated_us, user_id, version)
VALUES (?, ?, ?, ?, ?, ?, ?, ?)

-- name: notice_settings_update
UPDATE notice_settings SET push = ?, mail = ?, quiet_from = ?, quiet_to = ?, timezone = ?, updated_us = ?, version = version + 1
WHERE user_id = ?

-- What is kept of somebody who is erased.
-- name: notice_settings_delete
DELETE FROM notice_settings WHERE user_id = ?

-- name: push_subscriptions_delete_of_user
DELETE FROM push_subscriptions WHERE user_id = ?

-- Those that may be told now: of sessions that live, and not put off.
-- name: push_subscription_list
SELECT p.id, p.endpoint, p.point, p.secret, p.failed_count
FROM push_subscriptions p JOIN sessions s ON s.id = p.session_id AND s.ended_us IS NULL AND s.expires_us > ?
WHERE p.user_id = ? AND p.put_off_us <= ? ORDER BY p.id

-- name: push_subscription_ids
SELECT id FROM push_subscriptions WHERE user_id = ? ORDER BY id

-- name: push_subscription_set_put_off
UPDATE push_subscriptions SET put_off_us = ?, failed_count = ? WHERE id = ?

-- name: push_subscription_insert
INSERT INTO push_subscriptions (user_id, session_id, endpoint_hash, endpoint, point, secret, created_us)
VALUES (?, ?, ?, ?, ?, ?, ?)

-- A browser is one person's: whoever signs in there last.
-- name: push_subscription_forget
DELETE FROM push_subscriptions WHERE endpoint_hash = ?

-- name: push_subscription_delete_own
DELETE FROM push_subscriptions WHERE endpoint_hash = ? AND user_id = ?

-- name: push_subscription_delete
DELETE FROM push_subscriptions WHERE id = ?
