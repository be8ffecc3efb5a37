-- Who has a stream open at which process, and what is known of those who have none. Twenty people at a time.

-- name: node_insert
INSERT INTO nodes (beat_us) VALUES (?)

-- name: node_beat
UPDATE nodes SET beat_us = ? WHERE id = ?

-- name: node_delete
DELETE FROM nodes WHERE id = ?

-- name: node_count_others
SELECT COUNT(*) FROM nodes WHERE id <> ? AND beat_us > ?

-- One that has not said for long that it is there.
-- name: node_dead
SELECT id, beat_us FROM nodes WHERE beat_us <= ? ORDER BY id LIMIT 1

-- A row for each process, and NULL for one that is no more.
-- name: presence_states
SELECT p.user_id, p.active_us, p.left_us, n.beat_us
FROM presence p LEFT JOIN nodes n ON n.id = p.node_id
WHERE p.user_id IN (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)

-- name: presence_come
-- @mysql
INSERT INTO presence (user_id, node_id, active_us) SELECT u.id, ?, ? FROM users u
WHERE u.id IN (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) AND u.deleted_us IS NULL
ON DUPLICATE KEY UPDATE active_us = GREATEST(presence.active_us, VALUES(active_us))
-- @sqlite
INSERT INTO presence (user_id, node_id, active_us) SELECT u.id, ?, ? FROM users u
WHERE u.id IN (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) AND u.deleted_us IS NULL
ON CONFLICT (user_id, node_id) DO UPDATE SET active_us = MAX(presence.active_us, excluded.active_us)

-- What is known when somebody goes, before their row does.
-- name: presence_keep
-- @mysql
INSERT INTO presence (user_id, node_id, active_us, left_us) SELECT p.user_id, 0, p.active_us, ? FROM presence p
WHERE p.node_id = ? AND p.user_id IN (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
ON DUPLICATE KEY UPDATE active_us = GREATEST(presence.active_us, VALUES(active_us)),
    left_us = GREATEST(presence.left_us, VALUES(left_us))
-- @sqlite
INSERT INTO presence (user_id, node_id, active_us, left_us) SELECT p.user_id, 0, p.active_us, ? FROM presence p
WHERE p.node_id = ? AND p.user_id IN (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (user_id, node_id) DO UPDATE SET active_us = MAX(presence.active_us, excluded.active_us),
    left_us = MAX(presence.left_us, excluded.left_us)

-- name: presence_leave
DELETE FROM presence WHERE node_id = ? AND user_id IN (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)

-- name: presence_take_over
UPDATE presence SET node_id = ? WHERE node_id = ?

-- name: presence_active
UPDATE presence SET active_us = ? WHERE active_us < ?
    AND user_id IN (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)

-- name: presence_of_node
SELECT user_id FROM presence WHERE node_id = ? ORDER BY user_id LIMIT ?

-- name: presence_forget
DELETE FROM presence WHERE user_id = ?

-- Those of them who are in a workspace: a row for each process, one of NULLs for whoever was never there.
-- name: presence_of_workspace
SELECT u.id, u.uuid, p.active_us, p.left_us, n.beat_us
FROM users u JOIN members m ON m.workspace_id = ? AND m.user_id = u.id
    LEFT JOIN presence p ON p.user_id = u.id LEFT JOIN nodes n ON n.id = p.node_id
WHERE u.uuid IN (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)

-- Where it is told that they have come or gone.
-- name: presence_places
-- tenant: none, somebody is seen in all workspaces that they are in
SELECT m.workspace_id, w.uuid AS workspace_uuid, m.user_id, u.uuid AS user_uuid
FROM members m JOIN workspaces w ON w.id = m.workspace_id AND w.deleted_us IS NULL JOIN users u ON u.id = m.user_id
WHERE m.user_id IN (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)

-- Counted no further than to one more than may be.
-- name: presence_audience
SELECT COUNT(*) FROM (SELECT user_id FROM members WHERE workspace_id = ? LIMIT ?) AS some_members
