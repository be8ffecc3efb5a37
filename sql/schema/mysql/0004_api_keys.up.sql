-- The same table as sqlite/0004_api_keys.up.sql, where the columns are explained.

CREATE TABLE api_keys (
    id BIGINT NOT NULL AUTO_INCREMENT,
    uuid BINARY(16) NOT NULL,
    user_id BIGINT NOT NULL,
    workspace_id BIGINT NOT NULL,
    name VARCHAR(255) NOT NULL,
    description MEDIUMTEXT,
    scopes BIGINT NOT NULL,
    key_hash BINARY(32) NOT NULL,
    allowed_ips MEDIUMTEXT,
    expires_us BIGINT,
    is_active TINYINT NOT NULL DEFAULT 1,
    last_used_us BIGINT,
    last_used_ip VARCHAR(64),
    refused_us BIGINT,
    created_by_user BIGINT,
    created_by_key BIGINT,
    replaced_by BIGINT,
    created_us BIGINT NOT NULL,
    updated_us BIGINT NOT NULL,
    PRIMARY KEY (id),
    UNIQUE KEY api_keys_uuid (uuid),
    UNIQUE KEY api_keys_hash (key_hash),
    KEY api_keys_user (user_id, is_active),
    KEY api_keys_workspace (workspace_id),
    KEY api_keys_creator (created_by_user),
    KEY api_keys_expiry (is_active, expires_us),
    CONSTRAINT api_keys_of_user FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE,
    CONSTRAINT api_keys_of_workspace FOREIGN KEY (workspace_id) REFERENCES workspaces (id) ON DELETE CASCADE,
    CONSTRAINT api_keys_made_by FOREIGN KEY (created_by_user) REFERENCES users (id) ON DELETE SET NULL
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

INSERT INTO once (name, created_us) VALUES ('administrators', 0);
