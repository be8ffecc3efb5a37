-- Models of providers; those of a workspace's own providers are that workspace's.
-- columns: model_row = m.id, m.uuid, m.provider_id, m.model, m.name, m.context_tokens, m.max_output_tokens, m.flags, m.price_in,
--     m.price_cached, m.price_out, m.bytes_per_token_milli, m.fallback_id, m.is_manual, m.enabled, m.seen_us, m.version,
--     m.created_us, m.updated_us, f.uuid AS fallback_uuid

-- name: model_list
SELECT {model_row} FROM models m LEFT JOIN models f ON f.id = m.fallback_id WHERE m.provider_id = ? ORDER BY m.model

-- name: model_get
SELECT {model_row} FROM models m LEFT JOIN models f ON f.id = m.fallback_id WHERE m.uuid = ? AND m.provider_id = ?

-- name: model_all
SELECT {model_row} FROM models m LEFT JOIN models f ON f.id = m.fallback_id WHERE m.id > 0 AND m.enabled = 1 ORDER BY m.provider_id, m.id

-- name: model_count
SELECT COUNT(*) FROM models WHERE provider_id = ?

-- A model that may be fallen back to: of the same owner, or the server's.
-- name: model_fallback_find
SELECT m.id FROM models m JOIN providers p ON p.id = m.provider_id WHERE m.uuid = ? AND p.workspace_id IN (?, 0, -1)

-- name: model_insert
INSERT INTO models (uuid, provider_id, model, name, context_tokens, max_output_tokens, flags, price_in, price_cached, price_out,
    fallback_id, is_manual, enabled, created_us, updated_us)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)

-- name: model_update
UPDATE models SET name = ?, context_tokens = ?, max_output_tokens = ?, flags = ?, price_in = ?, price_cached = ?, price_out = ?,
    fallback_id = ?, enabled = ?, version = version + 1, updated_us = ?
WHERE id = ? AND provider_id = ?

-- name: model_delete
DELETE FROM models WHERE id = ? AND provider_id = ?

-- The provider's list has it. What somebody has written of it stays; what was not known is taken.
-- name: model_see
-- @mysql
INSERT INTO models (uuid, provider_id, model, name, context_tokens, max_output_tokens, flags, seen_us, created_us, updated_us)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
ON DUPLICATE KEY UPDATE context_tokens = COALESCE(context_tokens, VALUES(context_tokens)),
    max_output_tokens = COALESCE(max_output_tokens, VALUES(max_output_tokens)), seen_us = VALUES(seen_us)
-- @sqlite
INSERT INTO models (uuid, provider_id, model, name, context_tokens, max_output_tokens, flags, seen_us, created_us, updated_us)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (provider_id, model) DO UPDATE SET context_tokens = COALESCE(context_tokens, excluded.context_tokens),
    max_output_tokens = COALESCE(max_output_tokens, excluded.max_output_tokens), seen_us = excluded.seen_us

-- Where a list has come to have too many: what it has no longer, and nobody has written anything of.
-- name: models_forget_unseen
DELETE FROM models WHERE provider_id = ? AND is_manual = 0 AND version = 1 AND seen_us < ?

-- ---- who may use which ----
-- columns: usable = m.uuid, p.name AS provider, p.workspace_id, p.kind, m.model, m.name, m.context_tokens, m.max_output_tokens,
--     m.flags, m.price_in, m.price_cached, m.price_out

-- The server's that a user may use in at least one of their workspaces, or (not 0) in one of them.
-- name: model_usable_server
-- @mysql
SELECT {usable} FROM providers p JOIN models m ON m.provider_id = p.id AND m.enabled = 1
WHERE p.workspace_id IN (0, -1) AND p.enabled = 1 AND EXISTS (
    SELECT 1 FROM members e FORCE INDEX (members_user) WHERE e.user_id = ? AND (0 = ? OR e.workspace_id = ?) AND (
        NOT EXISTS (SELECT 1 FROM workspace_models a WHERE a.workspace_id = e.workspace_id AND a.model_id = 0)
        OR EXISTS (SELECT 1 FROM workspace_models b WHERE b.workspace_id = e.workspace_id AND b.model_id = m.id)))
ORDER BY p.id, m.model
-- @sqlite
SELECT {usable} FROM providers p JOIN models m ON m.provider_id = p.id AND m.enabled = 1
WHERE p.workspace_id IN (0, -1) AND p.enabled = 1 AND EXISTS (
    SELECT 1 FROM members e WHERE e.user_id = ? AND (0 = ? OR e.workspace_id = ?) AND (
        NOT EXISTS (SELECT 1 FROM workspace_models a WHERE a.workspace_id = e.workspace_id AND a.model_id = 0)
        OR EXISTS (SELECT 1 FROM workspace_models b WHERE b.workspace_id = e.workspace_id AND b.model_id = m.id)))
ORDER BY p.id, m.model

-- Those of their workspaces' own providers.
-- name: model_usable_workspaces
SELECT {usable} FROM members e JOIN workspaces w ON w.id = e.workspace_id AND w.deleted_us IS NULL
    JOIN providers p ON p.workspace_id = e.workspace_id AND p.enabled = 1 JOIN models m ON m.provider_id = p.id AND m.enabled = 1
WHERE e.user_id = ? AND (0 = ? OR e.workspace_id = ?) ORDER BY p.id, m.model

-- Which of the server's a workspace may use. Row 0: there is a list.
-- name: workspace_models_list
SELECT a.model_id, m.uuid FROM workspace_models a LEFT JOIN models m ON m.id = a.model_id
WHERE a.workspace_id = ? ORDER BY a.model_id

-- name: workspace_models_clear
DELETE FROM workspace_models WHERE workspace_id = ?

-- name: workspace_models_add
INSERT INTO workspace_models (workspace_id, model_id) VALUES (?, ?)
