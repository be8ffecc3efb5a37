-- name: mail_insert
INSERT INTO mails (uuid, recipient, subject, body, due_us, expires_us, created_us, trace) VALUES (?, ?, ?, ?, ?, ?, ?, ?)

-- name: work_mails
SELECT id FROM mails WHERE due_us <= ? ORDER BY due_us LIMIT 1

-- name: mail_next
SELECT id, uuid, recipient, subject, body, due_us, attempts, expires_us, created_us, trace
FROM mails WHERE due_us <= ? ORDER BY due_us LIMIT 1

-- The time at which it is due tells two senders apart: the second finds another one.
-- name: mail_claim
UPDATE mails SET due_us = ?, attempts = attempts + 1 WHERE id = ? AND due_us = ?

-- name: mail_sent
UPDATE mails SET sent_us = ?, due_us = NULL, subject = '', body = NULL, last_error = NULL WHERE id = ?

-- name: mail_failed
UPDATE mails SET failed_us = ?, due_us = NULL, subject = '', body = NULL, last_error = ? WHERE id = ?

-- name: mail_put_off
UPDATE mails SET due_us = ?, last_error = ? WHERE id = ?

-- The others need not each find out that the server is away.
-- name: mails_put_off
UPDATE mails SET due_us = ? WHERE due_us <= ?

-- name: mails_forget
DELETE FROM mails WHERE recipient = ?

-- name: mails_expire
-- @mysql
DELETE FROM mails WHERE due_us IS NULL AND created_us <= ? ORDER BY created_us LIMIT ?
-- @sqlite
DELETE FROM mails WHERE id IN
    (SELECT id FROM mails WHERE due_us IS NULL AND created_us <= ? ORDER BY created_us LIMIT ?)
