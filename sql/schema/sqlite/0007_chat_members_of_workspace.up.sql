-- Who is in a chat is in its workspace: the key holds that, and takes whoever leaves the workspace out of its chats. What
-- was there without being so could be reached by nobody.
CREATE TABLE chat_members_next (
    chat_id INTEGER NOT NULL REFERENCES chats (id) ON DELETE CASCADE,
    user_id INTEGER NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    workspace_id INTEGER NOT NULL,
    joined_us INTEGER NOT NULL,
    PRIMARY KEY (chat_id, user_id),
    FOREIGN KEY (workspace_id, user_id) REFERENCES members (workspace_id, user_id) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;
INSERT INTO chat_members_next (chat_id, user_id, workspace_id, joined_us)
SELECT c.chat_id, c.user_id, c.workspace_id, c.joined_us
FROM chat_members c JOIN members m ON m.workspace_id = c.workspace_id AND m.user_id = c.user_id;
DROP TABLE chat_members;
ALTER TABLE chat_members_next RENAME TO chat_members;
CREATE INDEX chat_members_user ON chat_members (workspace_id, user_id, chat_id);
