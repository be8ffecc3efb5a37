-- Answers of assistants: messages that grow.
-- columns: answer = m.provider, m.reasoning, m.finish, m.fault, m.prompt_tokens, m.cached_tokens, m.completion_tokens,
--     m.reasoning_tokens, m.cost_micros, m.usage_estimated, m.context_messages, m.context_truncated

-- Lists of fifty ? take MESSAGE_PARTS_AT_ONCE ids; who has fewer names one again. Workspace NULL: any, for events.
-- name: answers_of_messages
SELECT {answer}, m.id, m.alternative, m.alternative_count FROM messages m
WHERE m.id IN (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?,
    ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
    AND m.workspace_id = COALESCE(?, m.workspace_id)

-- Behind the question, under the same lock of the chat.
-- name: answer_insert
-- event: message.created
INSERT INTO messages (uuid, workspace_id, chat_id, seq, content, reply_to, root_id, is_ai_response, status, fault, provider,
    model, alternative, alternative_count, created_us, updated_us)
VALUES (?, ?, ?, ?, '', ?, ?, 1, ?, ?, ?, ?, 1, 1, ?, ?)

-- The answer that was made with a question: the next seq of the same moment.
-- name: answer_of_question
SELECT m.uuid FROM messages m
WHERE m.chat_id = ? AND m.workspace_id = ? AND m.seq = ? AND m.is_ai_response = 1 AND m.deleted_us IS NULL

-- What is written while it grows. No row: it is gone, or its chat is; who writes it gives up.
-- name: answer_grow
-- tenant: none, whoever writes an answer has it by its integer key, wherever its chat has moved meanwhile
-- event: message.updated
UPDATE messages SET content = ?, reasoning = ?, status = 2, updated_us = ?
WHERE id = ? AND status IN (1, 2) AND deleted_us IS NULL
    AND EXISTS (SELECT 1 FROM chats c WHERE c.id = messages.chat_id AND c.deleted_us IS NULL)

-- Its end, whatever it is. No row: as above.
-- name: answer_end
-- tenant: none, as answer_grow
-- event: message.updated
UPDATE messages SET content = ?, reasoning = ?, status = ?, provider = ?, model = ?, finish = ?, fault = ?, prompt_tokens = ?,
    cached_tokens = ?, completion_tokens = ?, reasoning_tokens = ?, cost_micros = ?, usage_estimated = ?,
    context_messages = ?, context_truncated = ?, version = version + 1, updated_us = ?
WHERE id = ? AND status IN (1, 2) AND deleted_us IS NULL
    AND EXISTS (SELECT 1 FROM chats c WHERE c.id = messages.chat_id AND c.deleted_us IS NULL)

-- Where an answer is now, its chat locked: what is told of it is told in order.
-- name: answer_place
-- tenant: none, as answer_grow
SELECT m.uuid, m.seq, c.id AS chat_id, c.workspace_id, m.content, m.reasoning
FROM messages m JOIN chats c ON c.id = m.chat_id
WHERE m.id = ? AND m.deleted_us IS NULL AND c.deleted_us IS NULL
-- @mysql
FOR UPDATE

-- ---- the answers of a message that are not shown ----

-- The one that is shown is put to the others, under its number.
-- name: alternative_keep
INSERT INTO message_alternatives (message_id, n, workspace_id, content, reasoning, provider, model, finish, fault, status,
    prompt_tokens, cached_tokens, completion_tokens, reasoning_tokens, cost_micros, usage_estimated, context_messages,
    context_truncated, created_us)
SELECT m.id, m.alternative, m.workspace_id, m.content, m.reasoning, m.provider, m.model, m.finish, m.fault, m.status,
    m.prompt_tokens, m.cached_tokens, m.completion_tokens, m.reasoning_tokens, m.cost_micros, m.usage_estimated,
    m.context_messages, m.context_truncated, m.updated_us
FROM messages m WHERE m.id = ? AND m.workspace_id = ?

-- An empty one more in its place. 1: pending.
-- name: alternative_begin
-- event: message.updated
UPDATE messages SET content = '', reasoning = NULL, provider = ?, model = ?, finish = NULL, fault = NULL, status = 1,
    prompt_tokens = NULL, cached_tokens = NULL, completion_tokens = NULL, reasoning_tokens = NULL, cost_micros = NULL,
    usage_estimated = NULL, context_messages = NULL, context_truncated = NULL, alternative = alternative_count + 1,
    alternative_count = alternative_count + 1, version = version + 1, updated_us = ?
WHERE id = ? AND workspace_id = ? AND deleted_us IS NULL

-- One of the others in its place.
-- name: alternative_show
-- event: message.updated
-- @mysql
UPDATE messages m JOIN message_alternatives a ON a.message_id = m.id
SET m.content = a.content, m.reasoning = a.reasoning, m.provider = a.provider, m.model = a.model, m.finish = a.finish,
    m.fault = a.fault, m.status = a.status, m.prompt_tokens = a.prompt_tokens, m.cached_tokens = a.cached_tokens,
    m.completion_tokens = a.completion_tokens, m.reasoning_tokens = a.reasoning_tokens, m.cost_micros = a.cost_micros,
    m.usage_estimated = a.usage_estimated, m.context_messages = a.context_messages, m.context_truncated = a.context_truncated,
    m.alternative = a.n, m.version = m.version + 1, m.updated_us = a.created_us
WHERE a.n = ? AND m.id = ? AND m.workspace_id = ? AND m.deleted_us IS NULL
-- @sqlite
UPDATE messages SET content = a.content, reasoning = a.reasoning, provider = a.provider, model = a.model, finish = a.finish,
    fault = a.fault, status = a.status, prompt_tokens = a.prompt_tokens, cached_tokens = a.cached_tokens,
    completion_tokens = a.completion_tokens, reasoning_tokens = a.reasoning_tokens, cost_micros = a.cost_micros,
    usage_estimated = a.usage_estimated, context_messages = a.context_messages, context_truncated = a.context_truncated,
    alternative = a.n, version = version + 1, updated_us = a.created_us
FROM message_alternatives a
WHERE a.message_id = messages.id AND a.n = ? AND messages.id = ? AND messages.workspace_id = ? AND messages.deleted_us IS NULL

-- name: alternative_delete
DELETE FROM message_alternatives WHERE message_id = ? AND n = ? AND workspace_id = ?

-- name: alternative_list
SELECT {answer}, m.n, m.status, m.content, m.model, m.created_us
FROM message_alternatives m WHERE m.message_id = ? AND m.workspace_id = ? ORDER BY m.n

-- name: alternatives_delete_of_message
DELETE FROM message_alternatives WHERE message_id = ? AND workspace_id = ?

-- name: alternatives_move
-- event: none, because chat_move tells of the chat with all that is in it
-- @mysql
UPDATE messages m JOIN message_alternatives a ON a.message_id = m.id SET a.workspace_id = ?
WHERE m.chat_id = ? AND m.workspace_id = ? AND m.seq > ? AND m.seq <= ? AND m.alternative_count > 1
-- @sqlite
UPDATE message_alternatives SET workspace_id = ? WHERE message_id IN (SELECT m.id FROM messages m
    WHERE m.chat_id = ? AND m.workspace_id = ? AND m.seq > ? AND m.seq <= ? AND m.alternative_count > 1)
