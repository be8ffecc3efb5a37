-- A chat as the beginning of another one. What is copied keeps its seq.

-- name: chat_insert_fork
-- event: chat.created
INSERT INTO chats (uuid, workspace_id, title, title_folded, created_by, join_mode, assistant, provider, model, system_prompt,
    temperature, max_tokens, last_seq, forked_chat_id, forked_message_id, activity_us, created_us, updated_us)
SELECT ?, c.workspace_id, ?, ?, ?, c.join_mode, c.assistant, c.provider, c.model, c.system_prompt,
    c.temperature, c.max_tokens, ?, c.id, ?, ?, ?, ?
FROM chats c WHERE c.id = ? AND c.workspace_id = ?

-- What would be copied, up to a seq; of so many messages at most.
-- name: fork_size
SELECT COUNT(*) AS message_count, COALESCE(SUM(t.file_count), 0) AS file_count
FROM (SELECT m.attachment_count AS file_count FROM messages m
    WHERE m.chat_id = ? AND m.workspace_id = ? AND m.seq <= ? LIMIT ?) t

-- The first message behind a seq, as far as another one: what was between has been erased.
-- name: fork_next_seq
SELECT m.seq FROM messages m WHERE m.chat_id = ? AND m.workspace_id = ? AND m.seq > ? AND m.seq <= ? ORDER BY m.seq LIMIT 1

-- Twenty at a time, each with an id of its own, behind a seq. What they reply to, and where their threads begin, still names the
-- messages of the other chat. An answer that is being written there is what it is so far (3: stopped);
-- of several answers the one that is shown comes along.
-- name: fork_messages
-- event: none, because chat.created tells of the chat with all that is in it
INSERT INTO messages (uuid, workspace_id, chat_id, seq, sender_id, sender_name, is_ai_response, status, model, content, reply_to,
    root_id, attachment_count, edited_us, deleted_us, is_forwarded, provider, reasoning, finish, fault, prompt_tokens, cached_tokens,
    completion_tokens, reasoning_tokens, cost_micros, usage_estimated, context_messages, context_truncated, alternative,
    alternative_count, created_us, updated_us)
SELECT CASE m.seq - ? WHEN 1 THEN ? WHEN 2 THEN ? WHEN 3 THEN ? WHEN 4 THEN ? WHEN 5 THEN ? WHEN 6 THEN ? WHEN 7 THEN ?
        WHEN 8 THEN ? WHEN 9 THEN ? WHEN 10 THEN ? WHEN 11 THEN ? WHEN 12 THEN ? WHEN 13 THEN ? WHEN 14 THEN ? WHEN 15 THEN ?
        WHEN 16 THEN ? WHEN 17 THEN ? WHEN 18 THEN ? WHEN 19 THEN ? WHEN 20 THEN ? END,
    m.workspace_id, ?, m.seq, m.sender_id, m.sender_name, m.is_ai_response,
    CASE WHEN m.status IN (1, 2) THEN 3 ELSE m.status END, m.model, m.content, m.reply_to, m.root_id, m.attachment_count,
    m.edited_us, m.deleted_us, m.is_forwarded, m.provider, m.reasoning, m.finish, m.fault, m.prompt_tokens, m.cached_tokens,
    m.completion_tokens, m.reasoning_tokens, m.cost_micros, m.usage_estimated, m.context_messages, m.context_truncated,
    CASE WHEN m.is_ai_response = 1 THEN 1 ELSE 0 END, CASE WHEN m.is_ai_response = 1 THEN 1 ELSE 0 END, m.created_us, m.updated_us
FROM messages m WHERE m.chat_id = ? AND m.workspace_id = ? AND m.seq > ? AND m.seq <= ?

-- Where that was erased there is nothing to name.
-- name: fork_replies
-- event: none, because chat.created tells of the chat with all that is in it
-- @mysql
UPDATE messages m LEFT JOIN messages r ON r.id = m.reply_to LEFT JOIN messages p ON p.chat_id = m.chat_id AND p.seq = r.seq
    LEFT JOIN messages o ON o.id = m.root_id LEFT JOIN messages q ON q.chat_id = m.chat_id AND q.seq = o.seq
SET m.reply_to = p.id, m.root_id = q.id
WHERE m.chat_id = ? AND m.workspace_id = ? AND m.reply_to IS NOT NULL
-- @sqlite
UPDATE messages SET
    reply_to = (SELECT p.id FROM messages r JOIN messages p ON p.chat_id = messages.chat_id AND p.seq = r.seq
        WHERE r.id = messages.reply_to),
    root_id = (SELECT q.id FROM messages o JOIN messages q ON q.chat_id = messages.chat_id AND q.seq = o.seq
        WHERE o.id = messages.root_id)
WHERE chat_id = ? AND workspace_id = ? AND reply_to IS NOT NULL

-- name: fork_reply_counts
-- event: none, because chat.created tells of the chat with all that is in it
-- @mysql
UPDATE messages m JOIN (SELECT r.root_id AS root_id, COUNT(*) AS reply_count FROM messages r
        WHERE r.chat_id = ? AND r.workspace_id = ? AND r.root_id IS NOT NULL AND r.deleted_us IS NULL GROUP BY r.root_id) t
    ON t.root_id = m.id
SET m.reply_count = t.reply_count
-- @sqlite
UPDATE messages SET reply_count = t.reply_count
FROM (SELECT r.root_id AS root_id, COUNT(*) AS reply_count FROM messages r
    WHERE r.chat_id = ? AND r.workspace_id = ? AND +r.root_id IS NOT NULL AND r.deleted_us IS NULL GROUP BY r.root_id) t
WHERE t.root_id = messages.id

-- name: fork_gaps
INSERT INTO chat_gaps (chat_id, seq, workspace_id)
SELECT ?, g.seq, g.workspace_id FROM chat_gaps g WHERE g.chat_id = ? AND g.workspace_id = ? AND g.seq <= ?

-- name: fork_forwards
-- event: none, because chat.created tells of the chat with all that is in it
INSERT INTO forwards (message_id, workspace_id, source_id, sender_id, sender_name, is_ai_response, sent_us, text_at)
SELECT n.id, f.workspace_id, f.source_id, f.sender_id, f.sender_name, f.is_ai_response, f.sent_us, f.text_at
FROM messages m JOIN forwards f ON f.message_id = m.id JOIN messages n ON n.chat_id = ? AND n.seq = m.seq
WHERE m.chat_id = ? AND m.workspace_id = ? AND m.seq <= ? AND m.is_forwarded = 1

-- name: fork_forward_authors
INSERT INTO forward_authors (message_id, user_id)
SELECT n.id, a.user_id
FROM messages m JOIN forward_authors a ON a.message_id = m.id JOIN messages n ON n.chat_id = ? AND n.seq = m.seq
WHERE m.chat_id = ? AND m.workspace_id = ? AND m.seq <= ? AND m.is_forwarded = 1

-- The files, and the messages into which they come.
-- name: fork_attachments
SELECT a.id, n.id AS copy_id
FROM messages m JOIN attachments a ON a.message_id = m.id JOIN messages n ON n.chat_id = ? AND n.seq = m.seq
WHERE m.chat_id = ? AND m.workspace_id = ? AND m.seq <= ? AND m.attachment_count > 0
ORDER BY m.seq, a.id

-- name: fork_words
INSERT INTO index_queue (message_id, workspace_id, old_content)
SELECT m.id, m.workspace_id, NULL FROM messages m
WHERE m.chat_id = ? AND m.workspace_id = ? AND m.deleted_us IS NULL AND m.content <> '' ORDER BY m.seq
