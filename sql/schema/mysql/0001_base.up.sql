-- The same tables as sqlite/0001_base.up.sql, where the columns are explained. What is a key and made of text is
-- VARBINARY: compared byte by byte, trailing blanks included, on MySQL and MariaDB alike.

CREATE TABLE users (
    id BIGINT NOT NULL AUTO_INCREMENT,
    uuid BINARY(16) NOT NULL,
    kind TINYINT NOT NULL,
    email VARBINARY(254),
    username VARBINARY(256) NOT NULL,
    first_name VARCHAR(100),
    last_name VARCHAR(100),
    password_hash VARBINARY(255),
    role TINYINT NOT NULL,
    is_active TINYINT NOT NULL DEFAULT 1,
    is_first_login TINYINT NOT NULL DEFAULT 1,
    tos_accepted TINYINT NOT NULL DEFAULT 0,
    twofa_enabled TINYINT NOT NULL DEFAULT 0,
    last_login_us BIGINT,
    deleted_us BIGINT,
    erase_messages TINYINT NOT NULL DEFAULT 0,
    version BIGINT NOT NULL DEFAULT 1,
    created_us BIGINT NOT NULL,
    updated_us BIGINT NOT NULL,
    PRIMARY KEY (id),
    UNIQUE KEY users_uuid (uuid),
    UNIQUE KEY users_email (email),
    UNIQUE KEY users_username (username),
    KEY users_erase (erase_messages, id),
    KEY users_role (role, is_active)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

CREATE TABLE once (
    name VARBINARY(255) NOT NULL,
    value MEDIUMTEXT,
    created_us BIGINT NOT NULL,
    PRIMARY KEY (name)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

CREATE TABLE sessions (
    id BIGINT NOT NULL AUTO_INCREMENT,
    uuid BINARY(16) NOT NULL,
    user_id BIGINT NOT NULL,
    refresh_jti VARBINARY(32) NOT NULL,
    refresh_issued_us BIGINT NOT NULL,
    previous_jti VARBINARY(32),
    ip VARCHAR(64) NOT NULL,
    user_agent VARCHAR(255) NOT NULL,
    created_us BIGINT NOT NULL,
    last_used_us BIGINT NOT NULL,
    expires_us BIGINT NOT NULL,
    ended_us BIGINT,
    PRIMARY KEY (id),
    UNIQUE KEY sessions_uuid (uuid),
    KEY sessions_user (user_id, ended_us, created_us),
    KEY sessions_expiry (expires_us),
    CONSTRAINT sessions_of_user FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

CREATE TABLE workspaces (
    id BIGINT NOT NULL AUTO_INCREMENT,
    uuid BINARY(16) NOT NULL,
    name VARCHAR(255) NOT NULL,
    personal TINYINT NOT NULL DEFAULT 0,
    created_by BIGINT,
    retention_days BIGINT,
    require_2fa TINYINT NOT NULL DEFAULT 0,
    member_count BIGINT NOT NULL,
    deleted_us BIGINT,
    version BIGINT NOT NULL DEFAULT 1,
    created_us BIGINT NOT NULL,
    updated_us BIGINT NOT NULL,
    PRIMARY KEY (id),
    UNIQUE KEY workspaces_uuid (uuid),
    KEY workspaces_creator (created_by),
    KEY workspaces_deleted (deleted_us),
    CONSTRAINT workspaces_made_by FOREIGN KEY (created_by) REFERENCES users (id) ON DELETE SET NULL
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

CREATE TABLE members (
    workspace_id BIGINT NOT NULL,
    user_id BIGINT NOT NULL,
    role TINYINT NOT NULL,
    joined_us BIGINT NOT NULL,
    PRIMARY KEY (workspace_id, user_id),
    KEY members_user (user_id, workspace_id),
    CONSTRAINT members_of_workspace FOREIGN KEY (workspace_id) REFERENCES workspaces (id) ON DELETE CASCADE,
    CONSTRAINT members_are_users FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

CREATE TABLE invitations (
    id BIGINT NOT NULL AUTO_INCREMENT,
    uuid BINARY(16) NOT NULL,
    workspace_id BIGINT NOT NULL,
    email VARBINARY(254) NOT NULL,
    role TINYINT NOT NULL,
    token_hash BINARY(32) NOT NULL,
    invited_by BIGINT,
    created_us BIGINT NOT NULL,
    expires_us BIGINT NOT NULL,
    accepted_us BIGINT,
    PRIMARY KEY (id),
    UNIQUE KEY invitations_uuid (uuid),
    UNIQUE KEY invitations_token (token_hash),
    KEY invitations_inviter (invited_by),
    KEY invitations_workspace (workspace_id, accepted_us, created_us),
    KEY invitations_expiry (expires_us),
    KEY invitations_email (email),
    CONSTRAINT invitations_to_workspace FOREIGN KEY (workspace_id) REFERENCES workspaces (id) ON DELETE CASCADE,
    CONSTRAINT invitations_by_user FOREIGN KEY (invited_by) REFERENCES users (id) ON DELETE SET NULL
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

CREATE TABLE chats (
    id BIGINT NOT NULL AUTO_INCREMENT,
    uuid BINARY(16) NOT NULL,
    workspace_id BIGINT NOT NULL,
    title VARCHAR(255) NOT NULL,
    title_folded TEXT NOT NULL,
    created_by BIGINT,
    join_mode TINYINT NOT NULL DEFAULT 0,
    assistant TINYINT NOT NULL DEFAULT 0,
    provider VARCHAR(255),
    model VARCHAR(255),
    system_prompt MEDIUMTEXT,
    temperature DOUBLE,
    max_tokens BIGINT,
    last_seq BIGINT NOT NULL DEFAULT 0,
    message_count BIGINT NOT NULL DEFAULT 0,
    activity_us BIGINT NOT NULL,
    deleted_us BIGINT,
    version BIGINT NOT NULL DEFAULT 1,
    created_us BIGINT NOT NULL,
    updated_us BIGINT NOT NULL,
    PRIMARY KEY (id),
    UNIQUE KEY chats_uuid (uuid),
    KEY chats_creator (created_by),
    KEY chats_activity (workspace_id, deleted_us, join_mode, activity_us, id),
    KEY chats_deleted (deleted_us),
    CONSTRAINT chats_in_workspace FOREIGN KEY (workspace_id) REFERENCES workspaces (id),
    CONSTRAINT chats_made_by FOREIGN KEY (created_by) REFERENCES users (id) ON DELETE SET NULL
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

CREATE TABLE chat_members (
    chat_id BIGINT NOT NULL,
    user_id BIGINT NOT NULL,
    workspace_id BIGINT NOT NULL,
    joined_us BIGINT NOT NULL,
    PRIMARY KEY (chat_id, user_id),
    KEY chat_members_user (workspace_id, user_id, chat_id),
    KEY chat_members_person (user_id),
    CONSTRAINT chat_members_of_chat FOREIGN KEY (chat_id) REFERENCES chats (id) ON DELETE CASCADE,
    CONSTRAINT chat_members_are_users FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

CREATE TABLE messages (
    id BIGINT NOT NULL AUTO_INCREMENT,
    uuid BINARY(16) NOT NULL,
    workspace_id BIGINT NOT NULL,
    chat_id BIGINT NOT NULL,
    seq BIGINT NOT NULL,
    sender_id BIGINT,
    sender_name VARCHAR(255),
    is_ai_response TINYINT NOT NULL DEFAULT 0,
    status TINYINT NOT NULL DEFAULT 0,
    model VARCHAR(255),
    content MEDIUMTEXT NOT NULL,
    reply_to BIGINT,
    attachment_count BIGINT NOT NULL DEFAULT 0,
    edited_us BIGINT,
    deleted_us BIGINT,
    version BIGINT NOT NULL DEFAULT 1,
    created_us BIGINT NOT NULL,
    updated_us BIGINT NOT NULL,
    PRIMARY KEY (id),
    UNIQUE KEY messages_uuid (uuid),
    UNIQUE KEY messages_seq (chat_id, seq),
    KEY messages_sender (sender_id, id),
    CONSTRAINT messages_in_chat FOREIGN KEY (chat_id) REFERENCES chats (id),
    CONSTRAINT messages_by_user FOREIGN KEY (sender_id) REFERENCES users (id) ON DELETE SET NULL
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

CREATE TABLE attachments (
    id BIGINT NOT NULL AUTO_INCREMENT,
    uuid BINARY(16) NOT NULL,
    workspace_id BIGINT NOT NULL,
    message_id BIGINT,
    uploader_id BIGINT,
    object_key VARBINARY(512) NOT NULL,
    filename VARCHAR(255) NOT NULL,
    content_type VARCHAR(255) NOT NULL,
    size_bytes BIGINT NOT NULL,
    sha256 BINARY(32),
    promised_sha256 BINARY(32),
    created_us BIGINT NOT NULL,
    PRIMARY KEY (id),
    UNIQUE KEY attachments_uuid (uuid),
    UNIQUE KEY attachments_object (object_key),
    KEY attachments_uploader (uploader_id),
    KEY attachments_message (message_id, created_us), -- the unbound ones too: message_id IS NULL, by age
    KEY attachments_workspace (workspace_id, id),
    KEY attachments_unread (sha256, id),
    CONSTRAINT attachments_by_user FOREIGN KEY (uploader_id) REFERENCES users (id) ON DELETE SET NULL
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

CREATE TABLE uploads (
    id BIGINT NOT NULL AUTO_INCREMENT,
    uuid BINARY(16) NOT NULL,
    workspace_id BIGINT NOT NULL,
    user_id BIGINT NOT NULL,
    object_key VARBINARY(512) NOT NULL,
    store_upload_id VARBINARY(1024),
    part_size_bytes BIGINT,
    filename VARCHAR(255) NOT NULL,
    content_type VARCHAR(255) NOT NULL,
    size_bytes BIGINT NOT NULL,
    sha256 BINARY(32),
    claimed_us BIGINT,
    created_us BIGINT NOT NULL,
    expires_us BIGINT NOT NULL,
    PRIMARY KEY (id),
    UNIQUE KEY uploads_uuid (uuid),
    UNIQUE KEY uploads_object (object_key),
    KEY uploads_user (user_id, id),
    KEY uploads_expiry (expires_us),
    KEY uploads_workspace (workspace_id, id),
    CONSTRAINT uploads_by_user FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

CREATE TABLE object_deletions (
    id BIGINT NOT NULL AUTO_INCREMENT,
    object_key VARBINARY(512) NOT NULL,
    store_upload_id VARBINARY(1024),
    due_us BIGINT NOT NULL,
    attempts BIGINT NOT NULL DEFAULT 0,
    PRIMARY KEY (id),
    KEY object_deletions_due (due_us, id)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

CREATE TABLE idempotency (
    user_id BIGINT NOT NULL,
    key_hash BINARY(32) NOT NULL,
    body_hash BINARY(32) NOT NULL,
    thing VARBINARY(64),
    created_us BIGINT NOT NULL,
    PRIMARY KEY (user_id, key_hash),
    KEY idempotency_age (created_us),
    CONSTRAINT idempotency_of_user FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

CREATE TABLE job_leases (
    name VARBINARY(255) NOT NULL,
    holder VARBINARY(64) NOT NULL,
    until_us BIGINT NOT NULL,
    PRIMARY KEY (name)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

CREATE TABLE key_fingerprints (
    fingerprint VARBINARY(255) NOT NULL,
    created_us BIGINT NOT NULL,
    PRIMARY KEY (fingerprint)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
