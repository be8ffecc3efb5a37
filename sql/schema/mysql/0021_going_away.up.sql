-- How much of something that goes away in many transactions has gone so far: when it is done this is its receipt in the audit
-- log, and the row goes.
CREATE TABLE erasures (
    kind TINYINT NOT NULL,
    subject_id BIGINT NOT NULL,
    message_count BIGINT NOT NULL,
    file_count BIGINT NOT NULL,
    byte_count BIGINT NOT NULL,
    began_us BIGINT NOT NULL,
    PRIMARY KEY (kind, subject_id)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

ALTER TABLE workspaces ADD KEY workspaces_retention (retention_days);
ALTER TABLE object_deletions ADD KEY object_deletions_key (object_key);
