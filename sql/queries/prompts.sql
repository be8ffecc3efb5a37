-- Prompts that a workspace keeps.
-- columns: prompt_row = p.id, p.uuid, p.name, p.title, p.content, u.uuid AS creator_uuid, p.version, p.created_us, p.updated_us

-- name: prompt_list
SELECT {prompt_row} FROM prompts p LEFT JOIN users u ON u.id = p.created_by AND u.deleted_us IS NULL
WHERE p.workspace_id = ? ORDER BY p.name

-- name: prompt_get
SELECT {prompt_row} FROM prompts p LEFT JOIN users u ON u.id = p.created_by AND u.deleted_us IS NULL
WHERE p.uuid = ? AND p.workspace_id = ?

-- name: prompt_count
SELECT COUNT(*) FROM prompts WHERE workspace_id = ?

-- name: prompt_insert
INSERT INTO prompts (uuid, workspace_id, name, title, content, created_by, created_us, updated_us) VALUES (?, ?, ?, ?, ?, ?, ?, ?)

-- name: prompt_update
UPDATE prompts SET name = ?, title = ?, content = ?, version = version + 1, updated_us = ? WHERE id = ? AND workspace_id = ?

-- name: prompt_delete
DELETE FROM prompts WHERE id = ? AND workspace_id = ?
