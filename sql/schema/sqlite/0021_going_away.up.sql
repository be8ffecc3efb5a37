-- How much of something that goes away in many transactions has gone so far: when it is done this is its receipt in the audit
-- log, and the row goes.
CREATE TABLE erasures (
    kind INTEGER NOT NULL,                 -- enum erasure_kind
    subject_id INTEGER NOT NULL,           -- of the chat, workspace or user
    message_count INTEGER NOT NULL,
    file_count INTEGER NOT NULL,
    byte_count INTEGER NOT NULL,
    began_us INTEGER NOT NULL,
    PRIMARY KEY (kind, subject_id)
) STRICT, WITHOUT ROWID;

-- erase_messages: 1: all that a deleted user wrote goes; 2: only files that no message holds.
DROP INDEX users_erase;
CREATE INDEX users_erase ON users (id) WHERE erase_messages > 0;

CREATE INDEX workspaces_retention ON workspaces (retention_days) WHERE retention_days IS NOT NULL;
CREATE INDEX object_deletions_key ON object_deletions (object_key);
