-- As sqlite/0016_webhooks.up.sql, where the columns are explained.
CREATE TABLE webhooks (
    id BIGINT NOT NULL AUTO_INCREMENT,
    uuid BINARY(16) NOT NULL,
    workspace_id BIGINT NOT NULL,
    chat_id BIGINT NOT NULL,
    user_id BIGINT NOT NULL,
    name VARCHAR(64) NOT NULL,
    token_hash BINARY(32) NOT NULL,
    created_us BIGINT NOT NULL,
    used_us BIGINT,
    PRIMARY KEY (id),
    UNIQUE KEY webhooks_uuid (uuid),
    UNIQUE KEY webhooks_token (token_hash),
    KEY webhooks_chat (chat_id),
    KEY webhooks_member (workspace_id, user_id),
    CONSTRAINT webhooks_of_chat FOREIGN KEY (chat_id) REFERENCES chats (id) ON DELETE CASCADE,
    CONSTRAINT webhooks_of_member FOREIGN KEY (workspace_id, user_id)
        REFERENCES members (workspace_id, user_id) ON DELETE CASCADE
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
