DROP INDEX chat_members_user;
CREATE TABLE chat_members_before (
    chat_id INTEGER NOT NULL REFERENCES chats (id) ON DELETE CASCADE,
    user_id INTEGER NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    workspace_id INTEGER NOT NULL,
    joined_us INTEGER NOT NULL,
    PRIMARY KEY (chat_id, user_id)
) STRICT, WITHOUT ROWID;
INSERT INTO chat_members_before (chat_id, user_id, workspace_id, joined_us)
SELECT chat_id, user_id, workspace_id, joined_us FROM chat_members;
DROP TABLE chat_members;
ALTER TABLE chat_members_before RENAME TO chat_members;
CREATE INDEX chat_members_user ON chat_members (workspace_id, user_id, chat_id);
