ALTER TABLE object_deletions DROP KEY object_deletions_key;
ALTER TABLE workspaces DROP KEY workspaces_retention;
UPDATE users SET erase_messages = 0 WHERE erase_messages > 1;
DROP TABLE erasures;
