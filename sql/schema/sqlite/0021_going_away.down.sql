DROP INDEX object_deletions_key;
DROP INDEX workspaces_retention;
DROP INDEX users_erase;
UPDATE users SET erase_messages = 0 WHERE erase_messages > 1;
CREATE INDEX users_erase ON users (id) WHERE erase_messages = 1;
DROP TABLE erasures;
