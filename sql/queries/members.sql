-- columns: membership = w.id AS workspace_id, b.role, w.personal, w.require_2fa, w.version
-- columns: member = u.id AS user_id, u.uuid AS user_uuid, u.email, u.first_name, u.last_name, u.username, m.role,
--     m.joined_us, u.status_text, u.status_emoji, u.status_until_us

-- name: member_find
SELECT {membership} FROM workspaces w JOIN members b ON b.workspace_id = w.id AND b.user_id = ?
WHERE w.uuid = ? AND w.deleted_us IS NULL

-- name: member_list
SELECT {member} FROM members m JOIN users u ON u.id = m.user_id
WHERE m.workspace_id = ? AND m.user_id > ?
ORDER BY m.user_id LIMIT ?

-- By the beginning of a word of a name, or of the address where that is asked for (1). The workspace's members are read,
-- which are no more than MEMBERS_PER_WORKSPACE_MAX. Role 0: any.
-- name: member_search
SELECT {member} FROM members m JOIN users u ON u.id = m.user_id
WHERE m.workspace_id = ? AND m.user_id > ? AND (0 = ? OR m.role = ?)
    AND (INSTR(u.names_folded, ?) > 0 OR (1 = ? AND INSTR(u.email, ?) = 1))
ORDER BY m.user_id LIMIT ?

-- name: member_get
SELECT {member} FROM users u JOIN members m ON m.user_id = u.id AND m.workspace_id = ?
WHERE u.uuid = ?

-- name: member_role
SELECT role FROM members WHERE workspace_id = ? AND user_id = ?

-- Held to the commit: whoever changes it or takes the member away waits for that, or has won.
-- name: member_role_hold
SELECT role FROM members WHERE workspace_id = ? AND user_id = ?
-- @mysql
LOCK IN SHARE MODE

-- Somebody else with the role who can act.
-- name: member_other_with_role
SELECT m.user_id FROM members m JOIN users u ON u.id = m.user_id AND u.is_active = 1 AND u.deleted_us IS NULL
WHERE m.workspace_id = ? AND m.role = ? AND m.user_id <> ? LIMIT 1

-- name: member_workspace_count
SELECT COUNT(workspace_id) FROM members WHERE user_id = ?

-- Where somebody is a member.
-- name: member_workspaces
SELECT w.id, w.uuid, w.personal FROM members m JOIN workspaces w ON w.id = m.workspace_id WHERE m.user_id = ?

-- name: member_insert
-- event: member.joined
INSERT INTO members (workspace_id, user_id, role, joined_us) VALUES (?, ?, ?, ?)

-- name: member_update_role
-- event: role.changed
UPDATE members SET role = ? WHERE workspace_id = ? AND user_id = ?

-- name: member_delete
-- event: member.left
DELETE FROM members WHERE workspace_id = ? AND user_id = ?

-- name: member_delete_everywhere
-- tenant: none, an account leaves the whole server
-- event: member.left
DELETE FROM members WHERE user_id = ?
