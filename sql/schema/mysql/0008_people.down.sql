ALTER TABLE attachments DROP INDEX attachments_size;
ALTER TABLE members DROP INDEX members_role;
DROP TABLE user_preferences;
ALTER TABLE users DROP COLUMN names_folded;
