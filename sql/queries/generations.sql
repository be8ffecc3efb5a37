-- Answers under way. A row goes when its answer has been settled.

-- Who answers in a workspace (its own; the server's, the environment's): of a provider and a model that may be named (NULL: any)
-- the one that comes first. The four kinds: of the environment's, those that are set there.
-- name: model_choose
SELECT m.id, p.name AS provider, m.model, m.context_tokens, m.max_output_tokens, m.flags, m.price_in, m.price_cached,
    m.price_out, m.bytes_per_token_milli
FROM providers p JOIN models m ON m.provider_id = p.id AND m.enabled = 1
WHERE p.workspace_id IN (?, 0, -1) AND p.enabled = 1 AND p.name = COALESCE(?, p.name) AND m.model = COALESCE(?, m.model)
    AND (p.workspace_id <> -1 OR p.kind IN (?, ?, ?, ?))
    AND (p.workspace_id > 0
        OR NOT EXISTS (SELECT 1 FROM workspace_models a WHERE a.workspace_id = ? AND a.model_id <= 0)
        OR EXISTS (SELECT 1 FROM workspace_models b WHERE b.workspace_id = ? AND b.model_id = m.id))
ORDER BY CASE WHEN p.name = ? THEN 0 ELSE 1 END,
    CASE WHEN p.workspace_id > 0 THEN 0 WHEN p.workspace_id = 0 THEN 1 ELSE 2 END,
    CASE WHEN m.model = ? THEN 0 ELSE 1 END, p.id, m.id LIMIT 1

-- Whom a chat asks.
-- name: chat_asks
SELECT c.provider, c.model, c.max_tokens FROM chats c WHERE c.id = ? AND c.workspace_id = ?

-- columns: generation = g.id, g.message_id, g.workspace_id, g.chat_id, g.user_id, g.key_id, g.model_id, g.created_us, mo.model,
--     p.name AS provider, mo.price_in, mo.price_cached, mo.price_out, mo.bytes_per_token_milli

-- What this process has to write, and of its chat what is written from; NULL: message or chat are gone.
-- columns: answer_chat = m.uuid AS message_uuid, m.seq, m.root_id, m.chat_id, m.workspace_id, c.uuid AS chat_uuid, c.join_mode,
--     c.system_prompt, c.temperature, c.max_tokens
-- name: generation_take
-- tenant: none, a process takes what it has posted itself
SELECT {answer_chat}, g.message_id, g.user_id, g.model_id, g.reserved_micros, mo.bytes_per_token_milli
FROM generations g LEFT JOIN messages m ON m.id = g.message_id AND m.deleted_us IS NULL
    LEFT JOIN chats c ON c.id = m.chat_id AND c.deleted_us IS NULL LEFT JOIN models mo ON mo.id = g.model_id
WHERE g.id = ?

-- The same of one that is under way already.
-- name: answer_chat_get
-- tenant: none, a process has what it writes by its integer key, wherever its chat has moved meanwhile
SELECT {answer_chat} FROM messages m JOIN chats c ON c.id = m.chat_id
WHERE m.id = ? AND m.deleted_us IS NULL AND c.deleted_us IS NULL

-- Who has fewer names one again.
-- name: generations_renew
-- tenant: none, a process keeps what is its own
UPDATE generations SET lease_until_us = ? WHERE id IN (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)

-- Who is to stop, since somebody wants it, or since nobody will read it: message, chat or person gone; and where the chat is now.
-- Who has fewer names one again.
-- name: generations_look
-- tenant: none, a process looks at what is its own
SELECT g.id, CASE WHEN g.stop_us IS NOT NULL OR c.id IS NULL OR u.id IS NULL THEN 1 ELSE 0 END AS stops, c.workspace_id,
    c.join_mode
FROM generations g LEFT JOIN messages m ON m.id = g.message_id AND m.deleted_us IS NULL
    LEFT JOIN chats c ON c.id = m.chat_id AND c.deleted_us IS NULL LEFT JOIN users u ON u.id = g.user_id AND u.deleted_us IS NULL
WHERE g.id IN (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)

-- name: generation_stop
-- tenant: none, its message was found in the workspace, and the row stays where its chat was when it was asked
UPDATE generations SET stop_us = COALESCE(stop_us, ?) WHERE message_id = ? AND settled = 0

-- Behind its settlement (budget.h), so that its message can be answered anew.
-- name: generation_forget
-- tenant: none, whoever has settled it has it by its integer key
DELETE FROM generations WHERE id = ? AND settled = 1

-- name: generation_get
-- tenant: none, whoever writes it has it by its integer key
SELECT {generation} FROM generations g LEFT JOIN models mo ON mo.id = g.model_id LEFT JOIN providers p ON p.id = mo.provider_id
WHERE g.id = ?

-- Answers whose process is gone, the longest first.
-- name: generation_lapsed
-- tenant: none, the job looks after those of every workspace
SELECT {generation} FROM generations g LEFT JOIN models mo ON mo.id = g.model_id LEFT JOIN providers p ON p.id = mo.provider_id
WHERE g.settled = 0 AND g.lease_until_us < ? ORDER BY g.lease_until_us LIMIT 1

-- name: model_learn
UPDATE models SET bytes_per_token_milli = ? WHERE id = ?

-- ---- what a model is shown ----

-- The newest before an answer, downwards.
-- columns: context = m.id, m.seq, m.sender_id, m.sender_name, m.is_ai_response, m.content, m.attachment_count
-- name: context_messages
SELECT {context}, {author} FROM messages m LEFT JOIN users u ON u.id = m.sender_id
WHERE m.chat_id = ? AND m.workspace_id = ? AND m.seq < ? AND m.deleted_us IS NULL AND m.status <> 1
ORDER BY m.seq DESC LIMIT ?

-- The same of a thread: its beginning, and what has been said in it.
-- name: context_thread
SELECT {context}, {author} FROM messages m LEFT JOIN users u ON u.id = m.sender_id
WHERE (m.id = ? OR m.root_id = ?) AND m.workspace_id = ? AND m.seq < ? AND m.deleted_us IS NULL AND m.status <> 1
ORDER BY m.seq DESC LIMIT ?

-- Bytes of the newest messages of a chat: what a question will take at most.
-- name: context_bytes
-- @mysql
SELECT CAST(COALESCE(SUM(t.bytes), 0) AS SIGNED) FROM (SELECT LENGTH(m.content) AS bytes FROM messages m
    WHERE m.chat_id = ? AND m.workspace_id = ? AND m.deleted_us IS NULL ORDER BY m.seq DESC LIMIT ?) AS t
-- @sqlite
SELECT COALESCE(SUM(t.bytes), 0) FROM (SELECT LENGTH(CAST(m.content AS BLOB)) AS bytes FROM messages m
    WHERE m.chat_id = ? AND m.workspace_id = ? AND m.deleted_us IS NULL ORDER BY m.seq DESC LIMIT ?) AS t

-- name: work_generations
-- tenant: none, the job looks after those of every workspace
SELECT id FROM generations WHERE settled = 0 AND lease_until_us <= ? ORDER BY lease_until_us LIMIT 1
