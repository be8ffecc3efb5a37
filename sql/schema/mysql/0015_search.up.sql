-- As sqlite/0015_search.up.sql, where the columns are explained.
CREATE TABLE words (
    workspace_id BIGINT NOT NULL,
    word VARBINARY(64) NOT NULL,
    message_id BIGINT NOT NULL,
    chat_id BIGINT NOT NULL,
    PRIMARY KEY (workspace_id, word, message_id)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

CREATE TABLE index_queue (
    id BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY,
    message_id BIGINT NOT NULL,
    workspace_id BIGINT NOT NULL,
    old_content MEDIUMTEXT
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

INSERT INTO index_queue (message_id, workspace_id)
SELECT id, workspace_id FROM messages WHERE deleted_us IS NULL AND content <> '' ORDER BY id;
