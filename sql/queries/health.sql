-- For whoever runs the server: how much there is. Counted up to a limit, so that it costs the same on a large server.
-- name: health_counts
-- tenant: none, whoever runs the server sees how much there is, of whom it may be
SELECT (SELECT COUNT(*) FROM (SELECT 1 FROM users WHERE deleted_us IS NULL LIMIT ?) a) AS user_count,
    (SELECT COUNT(*) FROM (SELECT 1 FROM workspaces WHERE deleted_us IS NULL LIMIT ?) b) AS workspace_count,
    (SELECT COUNT(*) FROM (SELECT 1 FROM chats WHERE deleted_us IS NULL LIMIT ?) c) AS chat_count

-- name: health_files
-- tenant: none, as above
SELECT COUNT(*) FROM (SELECT 1 FROM attachments LIMIT ?) a
