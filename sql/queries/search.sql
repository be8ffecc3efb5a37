-- Looking for messages by their words. What the index says is a hint; search_candidates says what is so.

-- name: search_workspaces
SELECT w.id, w.uuid, w.require_2fa
FROM members b JOIN workspaces w ON w.id = b.workspace_id AND w.deleted_us IS NULL
WHERE b.user_id = ?

-- The chats that the caller may read, in two statements as in chat_history. NULL: any; else the one with that id.
-- name: search_chats_of_everyone
SELECT c.id FROM chats c
WHERE c.workspace_id = ? AND c.deleted_us IS NULL AND c.join_mode = 0 AND c.uuid = COALESCE(?, c.uuid)

-- name: search_chats_joined
SELECT k.chat_id
FROM chat_members k JOIN chats c ON c.id = k.chat_id AND c.workspace_id = k.workspace_id AND c.deleted_us IS NULL
WHERE k.workspace_id = ? AND k.user_id = ? AND c.uuid = COALESCE(?, c.uuid)

-- How many messages have a word, or one that begins so; counted up to a bound.
-- name: word_count
SELECT (SELECT COUNT(*) FROM (SELECT message_id FROM words WHERE workspace_id = ? AND word = ? LIMIT ?) AS counted) +
    (SELECT COALESCE(SUM(r.id_count), 0) FROM (SELECT id_count FROM word_runs
        WHERE workspace_id = ? AND word = ? LIMIT ?) AS r) AS message_count

-- name: word_beginning_count
SELECT (SELECT COUNT(*) FROM (SELECT message_id FROM words
        WHERE workspace_id = ? AND word >= ? AND word < ? LIMIT ?) AS counted) +
    (SELECT COALESCE(SUM(r.id_count), 0) FROM (SELECT id_count FROM word_runs
        WHERE workspace_id = ? AND word >= ? AND word < ? LIMIT ?) AS r) AS message_count

-- name: word_walk
SELECT message_id, chat_id FROM words
WHERE workspace_id = ? AND word = ? AND message_id < ? ORDER BY message_id DESC LIMIT ?

-- name: word_beginning_walk
SELECT message_id, chat_id FROM words
WHERE workspace_id = ? AND word >= ? AND word < ? AND message_id < ? ORDER BY message_id DESC LIMIT ?

-- The same of runs: their messages and chats. Those of a beginning come in no order, all that reach a span.
-- name: word_run_walk
SELECT first_id, ids FROM word_runs
WHERE workspace_id = ? AND word = ? AND first_id < ? ORDER BY first_id DESC LIMIT ?

-- name: word_run_beginning_walk
SELECT ids FROM word_runs
WHERE workspace_id = ? AND word >= ? AND word < ? AND first_id < ? AND last_id >= ?

-- Runs that a span of messages lies in or reaches, as in word_runs_of_span, from its end.
-- name: word_run_probe
SELECT first_id, ids FROM word_runs
WHERE workspace_id = ? AND word = ? AND first_id <= ? AND first_id >= COALESCE((SELECT MAX(f.first_id) FROM word_runs f
    WHERE f.workspace_id = ? AND f.word = ? AND f.first_id <= ?), 0)
ORDER BY first_id DESC LIMIT ?

-- Which of these messages have the word, too; who wants fewer than 32 names one again.
-- name: word_probe
SELECT message_id FROM words WHERE workspace_id = ? AND word = ? AND message_id IN
    (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)

-- The messages themselves, for whoever may read them at this moment (chat.h: CHAT_READ), the newest first.
-- name: search_candidates
SELECT m.id, m.uuid, m.version, m.content, m.attachment_count, m.created_us, u.uuid AS sender_uuid, c.title,
    w.uuid AS workspace_uuid
FROM messages m
    JOIN chats c ON c.id = m.chat_id AND c.deleted_us IS NULL
    JOIN workspaces w ON w.id = m.workspace_id AND w.deleted_us IS NULL
    JOIN members b ON b.workspace_id = m.workspace_id AND b.user_id = ?
    JOIN users s ON s.id = b.user_id AND s.twofa_enabled >= w.require_2fa
    LEFT JOIN users u ON u.id = m.sender_id
WHERE m.workspace_id = ? AND m.deleted_us IS NULL
    AND (c.join_mode = 0 OR EXISTS (SELECT 1 FROM chat_members k WHERE k.chat_id = c.id AND k.user_id = ?))
    AND m.id IN
    (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
ORDER BY m.id DESC
