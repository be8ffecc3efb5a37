-- As sqlite/0017_presence.up.sql, where the columns are explained.
CREATE TABLE nodes (
    id BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY,
    beat_us BIGINT NOT NULL
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

CREATE TABLE presence (
    user_id BIGINT NOT NULL,
    node_id BIGINT NOT NULL,
    active_us BIGINT NOT NULL,
    left_us BIGINT NOT NULL DEFAULT 0,
    PRIMARY KEY (user_id, node_id),
    KEY presence_node (node_id, user_id),
    CONSTRAINT presence_of_user FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- No foreign keys, which would take locks: who reads a row passes over what is gone.
CREATE TABLE signals (
    id BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY,
    node_id BIGINT NOT NULL,
    kind TINYINT NOT NULL,
    workspace_id BIGINT,
    chat_id BIGINT,
    user_id BIGINT NOT NULL,
    at_us BIGINT NOT NULL
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
