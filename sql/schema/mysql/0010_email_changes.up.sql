-- As sqlite/0010_email_changes.up.sql, where the columns are explained.
CREATE TABLE email_changes (
    token_hash BINARY(32) NOT NULL,
    user_id BIGINT NOT NULL,
    email VARBINARY(254) NOT NULL,
    expires_us BIGINT NOT NULL,
    created_us BIGINT NOT NULL,
    PRIMARY KEY (token_hash),
    KEY email_changes_user (user_id, expires_us),
    KEY email_changes_expiry (expires_us),
    CONSTRAINT email_changes_of_user FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
