ALTER TABLE chat_members DROP FOREIGN KEY chat_members_are_members;
