DROP TABLE prompts;
DROP TABLE message_calls;
DROP TABLE message_alternatives;
ALTER TABLE chats DROP COLUMN title_by;
ALTER TABLE messages DROP COLUMN alternative_count, DROP COLUMN alternative, DROP COLUMN context_truncated,
    DROP COLUMN context_messages, DROP COLUMN usage_estimated, DROP COLUMN cost_micros, DROP COLUMN reasoning_tokens,
    DROP COLUMN completion_tokens, DROP COLUMN cached_tokens, DROP COLUMN prompt_tokens, DROP COLUMN fault, DROP COLUMN finish,
    DROP COLUMN reasoning, DROP COLUMN provider;
DROP TABLE usage_days;
DROP TABLE usage_log;
DROP TABLE budgets;
DROP TABLE generations;
DROP TABLE providers_version;
DROP TABLE workspace_models;
DROP TABLE models;
DROP TABLE providers;
