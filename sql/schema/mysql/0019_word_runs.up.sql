-- As sqlite/0019_word_runs.up.sql, where the columns are explained.
CREATE TABLE word_runs (
    workspace_id BIGINT NOT NULL,
    word VARBINARY(64) NOT NULL,
    first_id BIGINT NOT NULL,
    last_id BIGINT NOT NULL,
    id_count BIGINT NOT NULL,
    ids BLOB NOT NULL,
    PRIMARY KEY (workspace_id, word, first_id)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
