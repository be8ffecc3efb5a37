-- As sqlite/0018_notices.up.sql, where the columns are explained.
CREATE TABLE notices (
    user_id BIGINT NOT NULL,
    message_id BIGINT NOT NULL,
    workspace_id BIGINT NOT NULL,
    chat_id BIGINT NOT NULL,
    kind TINYINT NOT NULL,
    created_us BIGINT NOT NULL,
    push_us BIGINT,
    push_tries INT NOT NULL DEFAULT 0,
    mail_us BIGINT,
    PRIMARY KEY (user_id, message_id),
    KEY notices_push (push_us),
    KEY notices_mail (mail_us),
    KEY notices_message (message_id),
    KEY notices_member (workspace_id, user_id),
    CONSTRAINT notices_of_message FOREIGN KEY (message_id) REFERENCES messages (id) ON DELETE CASCADE,
    CONSTRAINT notices_of_member FOREIGN KEY (workspace_id, user_id)
        REFERENCES members (workspace_id, user_id) ON DELETE CASCADE
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

CREATE TABLE notice_settings (
    user_id BIGINT NOT NULL,
    push TINYINT NOT NULL,
    mail TINYINT NOT NULL,
    quiet_from INT,
    quiet_to INT,
    timezone VARCHAR(64) NOT NULL,
    version BIGINT NOT NULL,
    updated_us BIGINT NOT NULL,
    PRIMARY KEY (user_id),
    CONSTRAINT notice_settings_of_user FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

CREATE TABLE push_subscriptions (
    id BIGINT NOT NULL AUTO_INCREMENT,
    user_id BIGINT NOT NULL,
    session_id BIGINT NOT NULL,
    endpoint_hash BINARY(32) NOT NULL,
    endpoint VARCHAR(2048) NOT NULL,
    point VARBINARY(65) NOT NULL,
    secret VARBINARY(32) NOT NULL,
    put_off_us BIGINT NOT NULL DEFAULT 0,
    failed_count INT NOT NULL DEFAULT 0,
    created_us BIGINT NOT NULL,
    PRIMARY KEY (id),
    UNIQUE KEY push_subscriptions_endpoint (endpoint_hash),
    KEY push_subscriptions_user (user_id, id),
    KEY push_subscriptions_session (session_id),
    CONSTRAINT push_subscriptions_of_session FOREIGN KEY (session_id) REFERENCES sessions (id) ON DELETE CASCADE,
    CONSTRAINT push_subscriptions_of_user FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
