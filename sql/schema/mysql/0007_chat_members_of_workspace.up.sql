-- As sqlite/0007_chat_members_of_workspace.up.sql.
DELETE FROM chat_members WHERE NOT EXISTS
    (SELECT 1 FROM members m WHERE m.workspace_id = chat_members.workspace_id AND m.user_id = chat_members.user_id);
ALTER TABLE chat_members ADD CONSTRAINT chat_members_are_members FOREIGN KEY (workspace_id, user_id)
    REFERENCES members (workspace_id, user_id) ON DELETE CASCADE;
