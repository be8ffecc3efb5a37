-- As sqlite/0020_keep.up.sql, where the columns are explained.
ALTER TABLE chats ADD COLUMN archived_us BIGINT, ADD COLUMN forked_chat_id BIGINT, ADD COLUMN forked_message_id BIGINT;
ALTER TABLE messages ADD COLUMN is_forwarded TINYINT NOT NULL DEFAULT 0, ADD COLUMN has_saves TINYINT NOT NULL DEFAULT 0;

CREATE TABLE forwards (
    message_id BIGINT NOT NULL,
    workspace_id BIGINT NOT NULL,
    source_id BIGINT NOT NULL,
    sender_id BIGINT,
    sender_name VARCHAR(255),
    is_ai_response TINYINT NOT NULL,
    sent_us BIGINT NOT NULL,
    text_at BIGINT NOT NULL,
    PRIMARY KEY (message_id),
    KEY forwards_sender (sender_id),
    CONSTRAINT forwards_as_message FOREIGN KEY (message_id) REFERENCES messages (id) ON DELETE CASCADE,
    CONSTRAINT forwards_of_user FOREIGN KEY (sender_id) REFERENCES users (id) ON DELETE SET NULL
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

CREATE TABLE forward_authors (
    message_id BIGINT NOT NULL,
    user_id BIGINT NOT NULL,
    PRIMARY KEY (message_id, user_id),
    KEY forward_authors_user (user_id),
    CONSTRAINT forward_authors_of_forward FOREIGN KEY (message_id) REFERENCES forwards (message_id) ON DELETE CASCADE,
    CONSTRAINT forward_authors_are_users FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

CREATE TABLE saved (
    id BIGINT NOT NULL AUTO_INCREMENT,
    workspace_id BIGINT NOT NULL,
    user_id BIGINT NOT NULL,
    message_id BIGINT NOT NULL,
    saved_us BIGINT NOT NULL,
    PRIMARY KEY (id),
    UNIQUE KEY saved_once (user_id, message_id),
    KEY saved_of_user (workspace_id, user_id, id),
    KEY saved_message (message_id),
    CONSTRAINT saved_is_message FOREIGN KEY (message_id) REFERENCES messages (id) ON DELETE CASCADE,
    CONSTRAINT saved_by_member FOREIGN KEY (workspace_id, user_id)
        REFERENCES members (workspace_id, user_id) ON DELETE CASCADE
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

CREATE TABLE scheduled (
    id BIGINT NOT NULL AUTO_INCREMENT,
    uuid BINARY(16) NOT NULL,
    workspace_id BIGINT NOT NULL,
    user_id BIGINT NOT NULL,
    key_id BIGINT,
    chat_uuid BINARY(16) NOT NULL,
    reply_to_uuid BINARY(16),
    content MEDIUMTEXT NOT NULL,
    send_us BIGINT NOT NULL,
    due_us BIGINT,
    failed_code VARCHAR(64),
    failed_us BIGINT,
    version BIGINT NOT NULL DEFAULT 1,
    created_us BIGINT NOT NULL,
    updated_us BIGINT NOT NULL,
    PRIMARY KEY (id),
    UNIQUE KEY scheduled_uuid (uuid),
    KEY scheduled_due (due_us),
    KEY scheduled_of_member (workspace_id, user_id, send_us, id),
    KEY scheduled_of_user (user_id),
    CONSTRAINT scheduled_by_member FOREIGN KEY (workspace_id, user_id)
        REFERENCES members (workspace_id, user_id) ON DELETE CASCADE
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

ALTER TABLE attachments DROP KEY attachments_object, ADD KEY attachments_object (object_key), DROP KEY attachments_size,
    ADD KEY attachments_size (workspace_id, object_key, size_bytes), DROP KEY attachments_of_uploader,
    ADD KEY attachments_of_uploader (uploader_id, object_key, size_bytes);
