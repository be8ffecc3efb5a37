-- The same tables as sqlite/0005_mail.up.sql, where the columns are explained.

CREATE TABLE mails (
    id BIGINT NOT NULL AUTO_INCREMENT,
    uuid BINARY(16) NOT NULL,
    recipient VARBINARY(254) NOT NULL,
    subject VARCHAR(255) NOT NULL,
    body MEDIUMTEXT,
    due_us BIGINT,
    attempts BIGINT NOT NULL DEFAULT 0,
    last_error VARCHAR(255),
    sent_us BIGINT,
    failed_us BIGINT,
    expires_us BIGINT NOT NULL,
    created_us BIGINT NOT NULL,
    PRIMARY KEY (id),
    UNIQUE KEY mails_uuid (uuid),
    KEY mails_due (due_us, created_us),
    KEY mails_recipient (recipient)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

CREATE TABLE password_reset_asks (
    email VARBINARY(254) NOT NULL,
    asked_us BIGINT NOT NULL,
    PRIMARY KEY (email),
    KEY password_reset_asks_asked (asked_us)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

CREATE TABLE password_resets (
    token_hash BINARY(32) NOT NULL,
    user_id BIGINT NOT NULL,
    expires_us BIGINT NOT NULL,
    used_us BIGINT,
    created_us BIGINT NOT NULL,
    PRIMARY KEY (token_hash),
    KEY password_resets_user (user_id, expires_us),
    KEY password_resets_expiry (expires_us),
    CONSTRAINT password_resets_of_user FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
