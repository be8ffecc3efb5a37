-- columns: workspace = w.id, w.uuid, w.name, w.personal, u.uuid AS creator_uuid, m.role, w.member_count,
--     w.retention_days, w.require_2fa, w.version, w.created_us, w.updated_us

-- The integer key of the only workspace that is wanted; 0: all.
-- name: workspace_list
SELECT {workspace} FROM members m JOIN workspaces w ON w.id = m.workspace_id LEFT JOIN users u ON u.id = w.created_by
WHERE m.user_id = ? AND m.workspace_id > ? AND (? = 0 OR m.workspace_id = ?) AND w.deleted_us IS NULL
ORDER BY m.workspace_id LIMIT ?

-- name: workspace_get
SELECT {workspace} FROM workspaces w JOIN members m ON m.workspace_id = w.id AND m.user_id = ? LEFT JOIN users u ON u.id = w.created_by
WHERE w.uuid = ? AND w.deleted_us IS NULL

-- name: workspace_personal
SELECT w.uuid FROM members m JOIN workspaces w ON w.id = m.workspace_id
WHERE m.user_id = ? AND w.personal = 1 AND w.deleted_us IS NULL ORDER BY m.workspace_id LIMIT 1

-- name: workspace_lock
SELECT member_count FROM workspaces WHERE id = ? AND deleted_us IS NULL
-- @mysql
FOR UPDATE

-- name: workspace_insert
-- event: none, because its creator is told member.joined
INSERT INTO workspaces (uuid, name, personal, created_by, member_count, created_us, updated_us)
VALUES (?, ?, ?, ?, 1, ?, ?)

-- name: workspace_update
-- event: second_factor.changed
UPDATE workspaces SET name = ?, retention_days = ?, require_2fa = ?, version = version + 1, updated_us = ?
WHERE id = ? AND deleted_us IS NULL

-- name: workspace_touch
-- event: none, because member.joined and member.left tell who makes the count
UPDATE workspaces SET member_count = member_count + ?, version = version + 1, updated_us = ?
WHERE id = ? AND deleted_us IS NULL

-- The version is in the condition where the caller named one; 0 stands for any.
-- name: workspace_mark_deleted
-- event: workspace.deleted
UPDATE workspaces SET deleted_us = ?, version = version + 1, updated_us = ?
WHERE id = ? AND personal = 0 AND deleted_us IS NULL AND (? = 0 OR version = ?)

-- Somebody's account is going: one member less in each of their workspaces, and the personal one goes with them.
-- name: workspace_lose_user
-- event: workspace.deleted
-- @mysql
UPDATE workspaces w JOIN members m ON m.workspace_id = w.id
SET w.member_count = w.member_count - 1, w.version = w.version + 1, w.updated_us = ?,
    w.deleted_us = CASE WHEN w.personal = 1 THEN COALESCE(w.deleted_us, ?) ELSE w.deleted_us END
WHERE m.user_id = ?
-- @sqlite
UPDATE workspaces
SET member_count = member_count - 1, version = version + 1, updated_us = ?,
    deleted_us = CASE WHEN personal = 1 THEN COALESCE(deleted_us, ?) ELSE deleted_us END
WHERE id IN (SELECT workspace_id FROM members WHERE user_id = ?)

-- For administrators, whoever is a member: all (2), or those that are personal (1) or not (0).
-- name: workspace_overview
SELECT w.id, w.uuid, w.name, w.personal, w.member_count, w.created_us, w.updated_us,
    (SELECT COUNT(*) FROM chats c WHERE c.workspace_id = w.id AND c.deleted_us IS NULL) AS chat_count,
    (SELECT COALESCE(SUM(a.size_bytes), 0) FROM attachments a WHERE a.workspace_id = w.id AND NOT EXISTS
        (SELECT 1 FROM attachments o WHERE o.workspace_id = a.workspace_id AND o.object_key = a.object_key AND o.id < a.id))
        AS file_bytes
FROM workspaces w
WHERE w.id > ? AND w.deleted_us IS NULL AND (2 = ? OR w.personal = ?)
ORDER BY w.id LIMIT ?

-- Who has a role in workspaces from one to another, a user of each workspace after the other.
-- name: workspace_owners
-- tenant: none, an administrator sees who owns each of them
SELECT m.workspace_id, u.uuid, u.first_name, u.last_name, u.username, u.email, u.is_active
FROM members m JOIN users u ON u.id = m.user_id
WHERE m.role = ? AND m.workspace_id >= ? AND m.workspace_id <= ?
ORDER BY m.workspace_id, m.user_id

-- Those that somebody owns (the role is given twice) and in which nobody else can act as an owner.
-- name: workspaces_without_other_owner
-- tenant: none, an administrator sees who owns each of them
SELECT w.uuid, w.name
FROM members m JOIN workspaces w ON w.id = m.workspace_id AND w.personal = 0 AND w.deleted_us IS NULL
WHERE m.user_id = ? AND m.role = ? AND NOT EXISTS (
    SELECT 1 FROM members o JOIN users u ON u.id = o.user_id AND u.is_active = 1 AND u.deleted_us IS NULL
    WHERE o.workspace_id = m.workspace_id AND o.role = ? AND o.user_id <> m.user_id)
ORDER BY m.workspace_id LIMIT ?

-- name: workspace_by_uuid
SELECT id, personal FROM workspaces WHERE uuid = ? AND deleted_us IS NULL
