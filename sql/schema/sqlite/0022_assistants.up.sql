-- Assistants: who answers (providers and their models), what each answer was, what it may cost and did cost, and prompts that a
-- workspace keeps.

-- Whoever serves models. Those of the environment have a row too, for their models to hang on; what is set there (address, key)
-- is never written down.
CREATE TABLE providers (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    uuid BLOB NOT NULL UNIQUE,
    workspace_id INTEGER NOT NULL,         -- whose; 0: the server's, -1: of the environment
    name TEXT NOT NULL,                    -- by which chats name it
    kind INTEGER NOT NULL,                 -- enum provider_kind
    base_url TEXT NOT NULL,                -- without a slash at its end; '' where the environment says it
    key_sealed BLOB,                       -- auth/seal.h, "provider"; NULL: none is sent
    key_last4 TEXT,
    http1 INTEGER NOT NULL DEFAULT 0,      -- never HTTP/2
    is_inner INTEGER NOT NULL DEFAULT 0,   -- an address of the operator's own network; its engine is told of no outer address
    remote_images INTEGER NOT NULL DEFAULT 0, -- it may be told of pictures by their address
    max_parallel INTEGER NOT NULL,         -- answers at once
    connect_s INTEGER NOT NULL,
    first_token_s INTEGER NOT NULL,
    idle_s INTEGER NOT NULL,
    total_s INTEGER NOT NULL,
    enabled INTEGER NOT NULL DEFAULT 1,
    version INTEGER NOT NULL DEFAULT 1,
    created_us INTEGER NOT NULL,
    updated_us INTEGER NOT NULL,
    UNIQUE (workspace_id, name)
) STRICT;

CREATE TABLE models (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    uuid BLOB NOT NULL UNIQUE,
    provider_id INTEGER NOT NULL REFERENCES providers (id) ON DELETE CASCADE,
    model TEXT NOT NULL,                   -- as the provider calls it
    name TEXT NOT NULL,                    -- as people see it
    context_tokens INTEGER,                -- question and answer together; NULL: not known
    max_output_tokens INTEGER,
    flags INTEGER NOT NULL DEFAULT 0,      -- bits of enum model_flag
    price_in INTEGER,                      -- millionths of the currency for a million tokens; NULL: none is set
    price_cached INTEGER,
    price_out INTEGER,
    bytes_per_token_milli INTEGER NOT NULL DEFAULT 3200, -- learned from real counts
    fallback_id INTEGER REFERENCES models (id) ON DELETE SET NULL, -- who is asked where this one cannot answer
    is_manual INTEGER NOT NULL DEFAULT 0,  -- written by hand: the provider's list need not have it
    enabled INTEGER NOT NULL DEFAULT 1,
    seen_us INTEGER,                       -- when the provider's list had it last
    version INTEGER NOT NULL DEFAULT 1,
    created_us INTEGER NOT NULL,
    updated_us INTEGER NOT NULL,
    UNIQUE (provider_id, model)
) STRICT;
CREATE INDEX models_fallback ON models (fallback_id);

-- Which of the server's models a workspace may use. No row: all. A row of model 0 says that there is a list, so that one whose last
-- model has gone does not open everything; a row of a model that is gone means nothing.
CREATE TABLE workspace_models (
    workspace_id INTEGER NOT NULL REFERENCES workspaces (id) ON DELETE CASCADE,
    model_id INTEGER NOT NULL,
    PRIMARY KEY (workspace_id, model_id)
) STRICT, WITHOUT ROWID;

-- One row, whose version moves with each change of a provider or model: what processes remember of them is proved by it.
CREATE TABLE providers_version (
    id INTEGER PRIMARY KEY,
    version INTEGER NOT NULL
) STRICT;
INSERT INTO providers_version (id, version) VALUES (1, 1);

-- Answers under way, and what is reserved for them. The row stays until it is settled, whatever becomes of its message.
CREATE TABLE generations (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    message_id INTEGER UNIQUE,             -- NULL: asked for by /v1
    workspace_id INTEGER NOT NULL,
    chat_id INTEGER,
    user_id INTEGER NOT NULL,
    key_id INTEGER,                        -- of the API key that asked
    model_id INTEGER NOT NULL,
    holder BLOB NOT NULL,                  -- the process that works on it
    lease_until_us INTEGER NOT NULL,
    stop_us INTEGER,                       -- somebody wants it to stop
    reserved_micros INTEGER NOT NULL,
    reserved_kinds INTEGER NOT NULL,       -- bits of enum budget_kind: in which budgets
    settled INTEGER NOT NULL DEFAULT 0,
    created_us INTEGER NOT NULL
) STRICT;
CREATE INDEX generations_lease ON generations (settled, lease_until_us);
CREATE INDEX generations_chat ON generations (chat_id);

-- What may be spent. No row: any amount.
CREATE TABLE budgets (
    kind INTEGER NOT NULL,                 -- enum budget_kind
    subject_id INTEGER NOT NULL,           -- of the user, workspace or key
    workspace_id INTEGER REFERENCES workspaces (id) ON DELETE CASCADE, -- a workspace's, a key's: with which it goes
    key_id INTEGER REFERENCES api_keys (id) ON DELETE CASCADE,
    period INTEGER NOT NULL,               -- enum budget_period
    limit_micros INTEGER NOT NULL,
    spent_micros INTEGER NOT NULL DEFAULT 0, -- in the period that ends at period_end_us
    reserved_micros INTEGER NOT NULL DEFAULT 0,
    period_end_us INTEGER NOT NULL,
    version INTEGER NOT NULL DEFAULT 1,
    PRIMARY KEY (kind, subject_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX budgets_workspace ON budgets (workspace_id);
CREATE INDEX budgets_key ON budgets (key_id);

-- Each answer that was paid for. Ids outlive what they name.
CREATE TABLE usage_log (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    at_us INTEGER NOT NULL,
    workspace_id INTEGER NOT NULL,
    user_id INTEGER NOT NULL,
    key_id INTEGER,
    chat_id INTEGER,
    message_id INTEGER,
    provider TEXT NOT NULL,
    model TEXT NOT NULL,
    prompt_tokens INTEGER NOT NULL,        -- cached ones among them
    cached_tokens INTEGER NOT NULL,
    completion_tokens INTEGER NOT NULL,    -- those of reasoning among them
    reasoning_tokens INTEGER NOT NULL,
    cost_micros INTEGER NOT NULL,
    estimated INTEGER NOT NULL,            -- the provider told no counts
    outcome TEXT NOT NULL,                 -- as told: "complete", "stopped", or the code of a fault
    first_token_ms INTEGER,
    duration_ms INTEGER NOT NULL,
    attempts INTEGER NOT NULL
) STRICT;

-- Its sums, written in the same transaction. day: since 1970, UTC. 0 stands for no key.
CREATE TABLE usage_days (
    day INTEGER NOT NULL,
    workspace_id INTEGER NOT NULL,
    user_id INTEGER NOT NULL,
    key_id INTEGER NOT NULL,
    provider TEXT NOT NULL,
    model TEXT NOT NULL,
    request_count INTEGER NOT NULL,
    failed_count INTEGER NOT NULL,
    estimated_count INTEGER NOT NULL,
    prompt_tokens INTEGER NOT NULL,
    cached_tokens INTEGER NOT NULL,
    completion_tokens INTEGER NOT NULL,
    reasoning_tokens INTEGER NOT NULL,
    cost_micros INTEGER NOT NULL,
    PRIMARY KEY (day, workspace_id, user_id, key_id, provider, model)
) STRICT, WITHOUT ROWID;
CREATE INDEX usage_days_user ON usage_days (user_id, day);

-- Of an answer; the others' are NULL. usage_*: what it took. alternative: the number of the one that the row shows, from 1.
ALTER TABLE messages ADD COLUMN provider TEXT;
ALTER TABLE messages ADD COLUMN reasoning TEXT;
ALTER TABLE messages ADD COLUMN finish TEXT;
ALTER TABLE messages ADD COLUMN fault TEXT;
ALTER TABLE messages ADD COLUMN prompt_tokens INTEGER;
ALTER TABLE messages ADD COLUMN cached_tokens INTEGER;
ALTER TABLE messages ADD COLUMN completion_tokens INTEGER;
ALTER TABLE messages ADD COLUMN reasoning_tokens INTEGER;
ALTER TABLE messages ADD COLUMN cost_micros INTEGER;
ALTER TABLE messages ADD COLUMN usage_estimated INTEGER;
ALTER TABLE messages ADD COLUMN context_messages INTEGER;
ALTER TABLE messages ADD COLUMN context_truncated INTEGER;
ALTER TABLE messages ADD COLUMN alternative INTEGER NOT NULL DEFAULT 0;
ALTER TABLE messages ADD COLUMN alternative_count INTEGER NOT NULL DEFAULT 0;

-- Who gave the title: NULL a person, else the model that was asked.
ALTER TABLE chats ADD COLUMN title_by TEXT;

-- Answers that are not shown.
CREATE TABLE message_alternatives (
    message_id INTEGER NOT NULL REFERENCES messages (id) ON DELETE CASCADE,
    n INTEGER NOT NULL,                    -- from 1: the API's index
    workspace_id INTEGER NOT NULL,
    content TEXT NOT NULL,
    reasoning TEXT,
    provider TEXT,
    model TEXT,
    finish TEXT,
    fault TEXT,
    status INTEGER NOT NULL,               -- enum message_status
    prompt_tokens INTEGER,
    cached_tokens INTEGER,
    completion_tokens INTEGER,
    reasoning_tokens INTEGER,
    cost_micros INTEGER,
    usage_estimated INTEGER,
    context_messages INTEGER,
    context_truncated INTEGER,
    created_us INTEGER NOT NULL,
    PRIMARY KEY (message_id, n)
) STRICT, WITHOUT ROWID;

-- What an answer asked tools for.
CREATE TABLE message_calls (
    message_id INTEGER NOT NULL REFERENCES messages (id) ON DELETE CASCADE,
    n INTEGER NOT NULL,
    workspace_id INTEGER NOT NULL,
    call_id TEXT NOT NULL,
    name TEXT NOT NULL,
    arguments TEXT NOT NULL,               -- JSON
    result TEXT,
    PRIMARY KEY (message_id, n)
) STRICT, WITHOUT ROWID;

CREATE TABLE prompts (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    uuid BLOB NOT NULL UNIQUE,
    workspace_id INTEGER NOT NULL REFERENCES workspaces (id) ON DELETE CASCADE,
    name TEXT NOT NULL,                    -- by which it is called up
    title TEXT NOT NULL,
    content TEXT NOT NULL,
    created_by INTEGER REFERENCES users (id) ON DELETE SET NULL,
    version INTEGER NOT NULL DEFAULT 1,
    created_us INTEGER NOT NULL,
    updated_us INTEGER NOT NULL,
    UNIQUE (workspace_id, name)
) STRICT;
CREATE INDEX prompts_creator ON prompts (created_by);
