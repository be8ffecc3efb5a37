-- What answers cost: a row for each, and sums by days, which are all that reports read.

-- name: usage_insert
INSERT INTO usage_log (at_us, workspace_id, user_id, key_id, chat_id, message_id, provider, model, prompt_tokens, cached_tokens,
    completion_tokens, reasoning_tokens, cost_micros, estimated, outcome, first_token_ms, duration_ms, attempts)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)

-- name: usage_day_add
-- @mysql
INSERT INTO usage_days (day, workspace_id, user_id, key_id, provider, model, request_count, failed_count, estimated_count,
    prompt_tokens, cached_tokens, completion_tokens, reasoning_tokens, cost_micros)
VALUES (?, ?, ?, ?, ?, ?, 1, ?, ?, ?, ?, ?, ?, ?)
ON DUPLICATE KEY UPDATE request_count = request_count + 1, failed_count = failed_count + VALUES(failed_count),
    estimated_count = estimated_count + VALUES(estimated_count), prompt_tokens = prompt_tokens + VALUES(prompt_tokens),
    cached_tokens = cached_tokens + VALUES(cached_tokens), completion_tokens = completion_tokens + VALUES(completion_tokens),
    reasoning_tokens = reasoning_tokens + VALUES(reasoning_tokens), cost_micros = cost_micros + VALUES(cost_micros)
-- @sqlite
INSERT INTO usage_days (day, workspace_id, user_id, key_id, provider, model, request_count, failed_count, estimated_count,
    prompt_tokens, cached_tokens, completion_tokens, reasoning_tokens, cost_micros)
VALUES (?, ?, ?, ?, ?, ?, 1, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (day, workspace_id, user_id, key_id, provider, model) DO UPDATE SET request_count = request_count + 1,
    failed_count = failed_count + excluded.failed_count, estimated_count = estimated_count + excluded.estimated_count,
    prompt_tokens = prompt_tokens + excluded.prompt_tokens, cached_tokens = cached_tokens + excluded.cached_tokens,
    completion_tokens = completion_tokens + excluded.completion_tokens,
    reasoning_tokens = reasoning_tokens + excluded.reasoning_tokens, cost_micros = cost_micros + excluded.cost_micros

-- Sums by one thing (0 user, 1 workspace, 2 key, 3 model, 4 day); what it is not grouped by is NULL. Of everybody.
-- columns: usage_sum = u.uuid AS user_uuid, w.uuid AS workspace_uuid, s.key_id, s.day, s.provider, s.model, s.request_count,
--     s.failed_count, s.estimated_count, s.prompt_tokens, s.cached_tokens, s.completion_tokens, s.reasoning_tokens, s.cost_micros

-- name: usage_report
SELECT {usage_sum} FROM (
    SELECT g.user_id, g.workspace_id, g.key_id, g.day, g.provider, g.model, SUM(g.request_count) AS request_count,
        SUM(g.failed_count) AS failed_count, SUM(g.estimated_count) AS estimated_count, SUM(g.prompt_tokens) AS prompt_tokens,
        SUM(g.cached_tokens) AS cached_tokens, SUM(g.completion_tokens) AS completion_tokens,
        SUM(g.reasoning_tokens) AS reasoning_tokens, SUM(g.cost_micros) AS cost_micros
    FROM (
        SELECT CASE WHEN ? = 0 THEN d.user_id END AS user_id, CASE WHEN ? = 1 THEN d.workspace_id END AS workspace_id,
            CASE WHEN ? = 2 THEN d.key_id END AS key_id, CASE WHEN ? = 3 THEN d.provider END AS provider,
            CASE WHEN ? = 3 THEN d.model END AS model, CASE WHEN ? = 4 THEN d.day END AS day, d.request_count, d.failed_count,
            d.estimated_count, d.prompt_tokens, d.cached_tokens, d.completion_tokens, d.reasoning_tokens, d.cost_micros
        FROM usage_days d WHERE d.day BETWEEN ? AND ?) g
    GROUP BY g.user_id, g.workspace_id, g.key_id, g.day, g.provider, g.model
    ORDER BY cost_micros DESC, request_count DESC LIMIT ?) s
LEFT JOIN users u ON u.id = s.user_id LEFT JOIN workspaces w ON w.id = s.workspace_id
ORDER BY s.cost_micros DESC, s.request_count DESC

-- The same of one user.
-- name: usage_report_of_user
SELECT {usage_sum} FROM (
    SELECT g.user_id, g.workspace_id, g.key_id, g.day, g.provider, g.model, SUM(g.request_count) AS request_count,
        SUM(g.failed_count) AS failed_count, SUM(g.estimated_count) AS estimated_count, SUM(g.prompt_tokens) AS prompt_tokens,
        SUM(g.cached_tokens) AS cached_tokens, SUM(g.completion_tokens) AS completion_tokens,
        SUM(g.reasoning_tokens) AS reasoning_tokens, SUM(g.cost_micros) AS cost_micros
    FROM (
        SELECT CASE WHEN ? = 0 THEN d.user_id END AS user_id, CASE WHEN ? = 1 THEN d.workspace_id END AS workspace_id,
            CASE WHEN ? = 2 THEN d.key_id END AS key_id, CASE WHEN ? = 3 THEN d.provider END AS provider,
            CASE WHEN ? = 3 THEN d.model END AS model, CASE WHEN ? = 4 THEN d.day END AS day, d.request_count, d.failed_count,
            d.estimated_count, d.prompt_tokens, d.cached_tokens, d.completion_tokens, d.reasoning_tokens, d.cost_micros
        FROM usage_days d WHERE d.user_id = ? AND d.day BETWEEN ? AND ?) g
    GROUP BY g.user_id, g.workspace_id, g.key_id, g.day, g.provider, g.model
    ORDER BY cost_micros DESC, request_count DESC LIMIT ?) s
LEFT JOIN users u ON u.id = s.user_id LEFT JOIN workspaces w ON w.id = s.workspace_id
ORDER BY s.cost_micros DESC, s.request_count DESC

-- ---- for whoever runs the server: tokens since the beginning ----

-- name: usage_tokens
SELECT COALESCE(SUM(d.prompt_tokens + d.completion_tokens), 0) FROM usage_days d

-- name: usage_tokens_of_providers
SELECT d.provider, SUM(d.prompt_tokens + d.completion_tokens) AS token_count
FROM usage_days d GROUP BY d.provider ORDER BY token_count DESC LIMIT ?

-- name: usage_tokens_of_workspaces
SELECT w.uuid, t.token_count FROM (
    SELECT d.workspace_id, SUM(d.prompt_tokens + d.completion_tokens) AS token_count
    FROM usage_days d GROUP BY d.workspace_id ORDER BY token_count DESC LIMIT ?) t
JOIN workspaces w ON w.id = t.workspace_id ORDER BY t.token_count DESC
