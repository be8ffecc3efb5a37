DROP TABLE user_preferences;
ALTER TABLE users DROP COLUMN names_folded;
