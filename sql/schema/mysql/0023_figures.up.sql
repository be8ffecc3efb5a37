-- As the step of this name for SQLite, where the columns are explained.
CREATE TABLE figures (
    id TINYINT NOT NULL,
    position BIGINT NOT NULL,
    counted_us BIGINT NOT NULL,
    user_count BIGINT NOT NULL DEFAULT 0,
    active_count BIGINT NOT NULL DEFAULT 0,
    admin_count BIGINT NOT NULL DEFAULT 0,
    twofa_count BIGINT NOT NULL DEFAULT 0,
    signed_in_count BIGINT NOT NULL DEFAULT 0,
    new_user_count BIGINT NOT NULL DEFAULT 0,
    workspace_count BIGINT NOT NULL DEFAULT 0,
    new_workspace_count BIGINT NOT NULL DEFAULT 0,
    chat_count BIGINT NOT NULL DEFAULT 0,
    message_count BIGINT NOT NULL DEFAULT 0,
    PRIMARY KEY (id)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

CREATE TABLE posted_minutes (
    minute BIGINT NOT NULL,
    message_count BIGINT NOT NULL,
    PRIMARY KEY (minute)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

CREATE TABLE posted_by (
    user_id BIGINT NOT NULL,
    message_count BIGINT NOT NULL,
    PRIMARY KEY (user_id),
    KEY posted_by_count (message_count, user_id),
    CONSTRAINT posted_by_user FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

INSERT INTO figures (id, position, counted_us)
SELECT 1, COALESCE(MAX(position), 0), 0 FROM event_log;
INSERT INTO posted_minutes (minute, message_count)
SELECT at_us DIV 60000000, COUNT(*) FROM event_log WHERE kind = 0 GROUP BY at_us DIV 60000000;
INSERT INTO posted_by (user_id, message_count)
SELECT m.sender_id, COUNT(*) FROM messages m JOIN users u ON u.id = m.sender_id AND u.deleted_us IS NULL GROUP BY m.sender_id;

-- The traceparent of the request that made a mail necessary, for the lines of the log about it; NULL: it had none.
ALTER TABLE mails ADD COLUMN trace VARCHAR(64);
