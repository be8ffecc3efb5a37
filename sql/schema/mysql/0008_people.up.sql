-- As sqlite/0008_people.up.sql.
ALTER TABLE users ADD COLUMN names_folded TEXT NOT NULL;
UPDATE users SET names_folded = CONCAT(' ', LOWER(COALESCE(first_name, '')), ' ', LOWER(COALESCE(last_name, '')),
    CHAR(10 USING utf8mb4), ' ', LOWER(CONVERT(username USING utf8mb4)))
WHERE deleted_us IS NULL;

CREATE TABLE user_preferences (
    user_id BIGINT NOT NULL,
    value TEXT NOT NULL,
    version BIGINT NOT NULL,
    updated_us BIGINT NOT NULL,
    PRIMARY KEY (user_id),
    CONSTRAINT user_preferences_of_user FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

ALTER TABLE members ADD INDEX members_role (role, workspace_id, user_id);
ALTER TABLE attachments ADD INDEX attachments_size (workspace_id, size_bytes);
