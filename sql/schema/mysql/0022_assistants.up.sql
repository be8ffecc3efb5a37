-- As sqlite/0022_assistants.up.sql, where the columns are explained.
CREATE TABLE providers (
    id BIGINT NOT NULL AUTO_INCREMENT,
    uuid BINARY(16) NOT NULL,
    workspace_id BIGINT NOT NULL,
    name VARCHAR(64) NOT NULL,
    kind TINYINT NOT NULL,
    base_url VARCHAR(2000) NOT NULL,
    key_sealed VARBINARY(4096),
    key_last4 VARCHAR(32),
    http1 TINYINT NOT NULL DEFAULT 0,
    is_inner TINYINT NOT NULL DEFAULT 0,
    remote_images TINYINT NOT NULL DEFAULT 0,
    max_parallel BIGINT NOT NULL,
    connect_s BIGINT NOT NULL,
    first_token_s BIGINT NOT NULL,
    idle_s BIGINT NOT NULL,
    total_s BIGINT NOT NULL,
    enabled TINYINT NOT NULL DEFAULT 1,
    version BIGINT NOT NULL DEFAULT 1,
    created_us BIGINT NOT NULL,
    updated_us BIGINT NOT NULL,
    PRIMARY KEY (id),
    UNIQUE KEY providers_uuid (uuid),
    UNIQUE KEY providers_name (workspace_id, name)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

CREATE TABLE models (
    id BIGINT NOT NULL AUTO_INCREMENT,
    uuid BINARY(16) NOT NULL,
    provider_id BIGINT NOT NULL,
    model VARCHAR(255) NOT NULL,
    name VARCHAR(255) NOT NULL,
    context_tokens BIGINT,
    max_output_tokens BIGINT,
    flags BIGINT NOT NULL DEFAULT 0,
    price_in BIGINT,
    price_cached BIGINT,
    price_out BIGINT,
    bytes_per_token_milli BIGINT NOT NULL DEFAULT 3200,
    fallback_id BIGINT,
    is_manual TINYINT NOT NULL DEFAULT 0,
    enabled TINYINT NOT NULL DEFAULT 1,
    seen_us BIGINT,
    version BIGINT NOT NULL DEFAULT 1,
    created_us BIGINT NOT NULL,
    updated_us BIGINT NOT NULL,
    PRIMARY KEY (id),
    UNIQUE KEY models_uuid (uuid),
    UNIQUE KEY models_of_provider (provider_id, model),
    KEY models_fallback (fallback_id),
    CONSTRAINT models_at_provider FOREIGN KEY (provider_id) REFERENCES providers (id) ON DELETE CASCADE,
    CONSTRAINT models_fall_back FOREIGN KEY (fallback_id) REFERENCES models (id) ON DELETE SET NULL
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

CREATE TABLE workspace_models (
    workspace_id BIGINT NOT NULL,
    model_id BIGINT NOT NULL,
    PRIMARY KEY (workspace_id, model_id),
    CONSTRAINT workspace_models_of_workspace FOREIGN KEY (workspace_id) REFERENCES workspaces (id) ON DELETE CASCADE
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

CREATE TABLE providers_version (
    id BIGINT NOT NULL,
    version BIGINT NOT NULL,
    PRIMARY KEY (id)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
INSERT INTO providers_version (id, version) VALUES (1, 1);

CREATE TABLE generations (
    id BIGINT NOT NULL AUTO_INCREMENT,
    message_id BIGINT,
    workspace_id BIGINT NOT NULL,
    chat_id BIGINT,
    user_id BIGINT NOT NULL,
    key_id BIGINT,
    model_id BIGINT NOT NULL,
    holder BINARY(16) NOT NULL,
    lease_until_us BIGINT NOT NULL,
    stop_us BIGINT,
    reserved_micros BIGINT NOT NULL,
    reserved_kinds TINYINT NOT NULL,
    settled TINYINT NOT NULL DEFAULT 0,
    created_us BIGINT NOT NULL,
    PRIMARY KEY (id),
    UNIQUE KEY generations_message (message_id),
    KEY generations_lease (settled, lease_until_us),
    KEY generations_chat (chat_id)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

CREATE TABLE budgets (
    kind TINYINT NOT NULL,
    subject_id BIGINT NOT NULL,
    workspace_id BIGINT,
    key_id BIGINT,
    period TINYINT NOT NULL,
    limit_micros BIGINT NOT NULL,
    spent_micros BIGINT NOT NULL DEFAULT 0,
    reserved_micros BIGINT NOT NULL DEFAULT 0,
    period_end_us BIGINT NOT NULL,
    version BIGINT NOT NULL DEFAULT 1,
    PRIMARY KEY (kind, subject_id),
    KEY budgets_workspace (workspace_id),
    KEY budgets_key (key_id),
    CONSTRAINT budgets_of_workspace FOREIGN KEY (workspace_id) REFERENCES workspaces (id) ON DELETE CASCADE,
    CONSTRAINT budgets_of_key FOREIGN KEY (key_id) REFERENCES api_keys (id) ON DELETE CASCADE
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

CREATE TABLE usage_log (
    id BIGINT NOT NULL AUTO_INCREMENT,
    at_us BIGINT NOT NULL,
    workspace_id BIGINT NOT NULL,
    user_id BIGINT NOT NULL,
    key_id BIGINT,
    chat_id BIGINT,
    message_id BIGINT,
    provider VARCHAR(64) NOT NULL,
    model VARCHAR(255) NOT NULL,
    prompt_tokens BIGINT NOT NULL,
    cached_tokens BIGINT NOT NULL,
    completion_tokens BIGINT NOT NULL,
    reasoning_tokens BIGINT NOT NULL,
    cost_micros BIGINT NOT NULL,
    estimated TINYINT NOT NULL,
    outcome VARCHAR(32) NOT NULL,
    first_token_ms BIGINT,
    duration_ms BIGINT NOT NULL,
    attempts BIGINT NOT NULL,
    PRIMARY KEY (id)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

CREATE TABLE usage_days (
    day BIGINT NOT NULL,
    workspace_id BIGINT NOT NULL,
    user_id BIGINT NOT NULL,
    key_id BIGINT NOT NULL,
    provider VARCHAR(64) NOT NULL,
    model VARCHAR(255) NOT NULL,
    request_count BIGINT NOT NULL,
    failed_count BIGINT NOT NULL,
    estimated_count BIGINT NOT NULL,
    prompt_tokens BIGINT NOT NULL,
    cached_tokens BIGINT NOT NULL,
    completion_tokens BIGINT NOT NULL,
    reasoning_tokens BIGINT NOT NULL,
    cost_micros BIGINT NOT NULL,
    PRIMARY KEY (day, workspace_id, user_id, key_id, provider, model),
    KEY usage_days_user (user_id, day)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

ALTER TABLE messages ADD COLUMN provider VARCHAR(64), ADD COLUMN reasoning MEDIUMTEXT, ADD COLUMN finish VARCHAR(32),
    ADD COLUMN fault VARCHAR(32), ADD COLUMN prompt_tokens BIGINT, ADD COLUMN cached_tokens BIGINT,
    ADD COLUMN completion_tokens BIGINT, ADD COLUMN reasoning_tokens BIGINT, ADD COLUMN cost_micros BIGINT,
    ADD COLUMN usage_estimated TINYINT, ADD COLUMN context_messages BIGINT, ADD COLUMN context_truncated TINYINT,
    ADD COLUMN alternative BIGINT NOT NULL DEFAULT 0, ADD COLUMN alternative_count BIGINT NOT NULL DEFAULT 0;
ALTER TABLE chats ADD COLUMN title_by VARCHAR(255);

CREATE TABLE message_alternatives (
    message_id BIGINT NOT NULL,
    n BIGINT NOT NULL,
    workspace_id BIGINT NOT NULL,
    content MEDIUMTEXT NOT NULL,
    reasoning MEDIUMTEXT,
    provider VARCHAR(64),
    model VARCHAR(255),
    finish VARCHAR(32),
    fault VARCHAR(32),
    status TINYINT NOT NULL,
    prompt_tokens BIGINT,
    cached_tokens BIGINT,
    completion_tokens BIGINT,
    reasoning_tokens BIGINT,
    cost_micros BIGINT,
    usage_estimated TINYINT,
    context_messages BIGINT,
    context_truncated TINYINT,
    created_us BIGINT NOT NULL,
    PRIMARY KEY (message_id, n),
    CONSTRAINT alternatives_of_message FOREIGN KEY (message_id) REFERENCES messages (id) ON DELETE CASCADE
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

CREATE TABLE message_calls (
    message_id BIGINT NOT NULL,
    n BIGINT NOT NULL,
    workspace_id BIGINT NOT NULL,
    call_id VARCHAR(255) NOT NULL,
    name VARCHAR(255) NOT NULL,
    arguments MEDIUMTEXT NOT NULL,
    result MEDIUMTEXT,
    PRIMARY KEY (message_id, n),
    CONSTRAINT calls_of_message FOREIGN KEY (message_id) REFERENCES messages (id) ON DELETE CASCADE
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

CREATE TABLE prompts (
    id BIGINT NOT NULL AUTO_INCREMENT,
    uuid BINARY(16) NOT NULL,
    workspace_id BIGINT NOT NULL,
    name VARCHAR(64) NOT NULL,
    title VARCHAR(255) NOT NULL,
    content MEDIUMTEXT NOT NULL,
    created_by BIGINT,
    version BIGINT NOT NULL DEFAULT 1,
    created_us BIGINT NOT NULL,
    updated_us BIGINT NOT NULL,
    PRIMARY KEY (id),
    UNIQUE KEY prompts_uuid (uuid),
    UNIQUE KEY prompts_name (workspace_id, name),
    KEY prompts_creator (created_by),
    CONSTRAINT prompts_of_workspace FOREIGN KEY (workspace_id) REFERENCES workspaces (id) ON DELETE CASCADE,
    CONSTRAINT prompts_by_user FOREIGN KEY (created_by) REFERENCES users (id) ON DELETE SET NULL
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
