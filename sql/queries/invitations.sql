-- An author who has left, or may not give as much by now (MEMBER is 2), makes an invitation worthless.
-- name: invitation_by_token
SELECT i.id, i.uuid, i.workspace_id, w.uuid AS workspace_uuid, w.name AS workspace_name, i.email, i.role,
    u.uuid AS author_uuid, i.created_us, i.expires_us, u.first_name, u.last_name, u.username
FROM invitations i JOIN workspaces w ON w.id = i.workspace_id AND w.deleted_us IS NULL
    JOIN members m ON m.workspace_id = i.workspace_id AND m.user_id = i.invited_by AND m.role >= i.role AND m.role >= 2
    JOIN users u ON u.id = i.invited_by
WHERE i.token_hash = ? AND i.accepted_us IS NULL AND i.expires_us > ?

-- name: invitation_redeem
UPDATE invitations SET accepted_us = ? WHERE workspace_id = ? AND id = ? AND accepted_us IS NULL AND expires_us > ?

-- Who an address belongs to, and what they are in the workspace by now.
-- name: invitation_candidate
SELECT u.id, u.uuid, m.role
FROM users u LEFT JOIN members m ON m.workspace_id = ? AND m.user_id = u.id
WHERE u.email = ? AND u.deleted_us IS NULL

-- name: invitation_pending_count
SELECT COUNT(*) FROM invitations WHERE workspace_id = ? AND accepted_us IS NULL AND expires_us > ?

-- name: invitation_insert
INSERT INTO invitations (uuid, workspace_id, email, role, token_hash, invited_by, created_us, expires_us)
VALUES (?, ?, ?, ?, ?, ?, ?, ?)

-- Earlier ones to the same address that the caller might withdraw: one's own, or as an OWNER (1) all.
-- name: invitation_replace
DELETE FROM invitations
WHERE email = ? AND workspace_id = ? AND accepted_us IS NULL AND (invited_by = ? OR 1 = ?)

-- name: invitation_list
SELECT i.id, i.uuid, i.email, i.role, u.uuid AS author_uuid, i.created_us, i.expires_us, u.first_name, u.last_name,
    u.username, u.deleted_us
FROM invitations i LEFT JOIN users u ON u.id = i.invited_by
WHERE i.workspace_id = ? AND i.accepted_us IS NULL AND i.expires_us > ?
    AND i.created_us <= ? AND (i.created_us < ? OR i.id < ?)
ORDER BY i.created_us DESC, i.id DESC LIMIT ?

-- name: invitation_author
SELECT id, invited_by FROM invitations WHERE uuid = ? AND workspace_id = ? AND accepted_us IS NULL AND expires_us > ?

-- name: invitation_withdraw
DELETE FROM invitations WHERE id = ? AND workspace_id = ? AND accepted_us IS NULL

-- What somebody with less than the invitation's role has given out.
-- name: invitation_withdraw_above
DELETE FROM invitations WHERE workspace_id = ? AND accepted_us IS NULL AND invited_by = ? AND role > ?

-- name: invitation_withdraw_everywhere
-- tenant: none, an account leaves the whole server
-- @mysql
DELETE FROM invitations WHERE invited_by = ? AND accepted_us IS NULL
-- @sqlite
WITH gone (user_id) AS (VALUES (?))
DELETE FROM invitations WHERE accepted_us IS NULL AND (workspace_id, invited_by) IN
    (SELECT m.workspace_id, m.user_id FROM members m JOIN gone ON gone.user_id = m.user_id)

-- name: invitation_email_page
-- tenant: none, an address has one form on the whole server
SELECT id, email FROM invitations WHERE id > ? ORDER BY id LIMIT ?

-- name: invitation_email_rekey
-- tenant: none, an address has one form on the whole server
UPDATE invitations SET email = ? WHERE id = ? AND email = ?

-- What is open for somebody goes with them to their new address.
-- name: invitation_email_follow
-- tenant: none, an address is one on the whole server
UPDATE invitations SET email = ? WHERE email = ? AND accepted_us IS NULL
