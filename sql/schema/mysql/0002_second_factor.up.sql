-- The same tables as sqlite/0002_second_factor.up.sql, where the columns are explained.

CREATE TABLE totp (
    user_id BIGINT NOT NULL,
    secret VARBINARY(255) NOT NULL,
    enabled_us BIGINT,
    last_step BIGINT NOT NULL DEFAULT 0,
    wrong_count BIGINT NOT NULL DEFAULT 0,
    locked_until_us BIGINT NOT NULL DEFAULT 0,
    created_us BIGINT NOT NULL,
    PRIMARY KEY (user_id),
    CONSTRAINT totp_of_user FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

CREATE TABLE recovery_codes (
    user_id BIGINT NOT NULL,
    code_hash BINARY(32) NOT NULL,
    used_us BIGINT,
    PRIMARY KEY (user_id, code_hash),
    CONSTRAINT recovery_codes_of_user FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

CREATE TABLE challenges (
    jti BINARY(16) NOT NULL,
    user_id BIGINT NOT NULL,
    wrong_count BIGINT NOT NULL DEFAULT 0,
    used_us BIGINT,
    expires_us BIGINT NOT NULL,
    PRIMARY KEY (jti),
    KEY challenges_user (user_id),
    KEY challenges_expiry (expires_us),
    CONSTRAINT challenges_of_user FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
