DROP INDEX attachments_size;
DROP INDEX members_role;
DROP TABLE user_preferences;
ALTER TABLE users DROP COLUMN names_folded;
