-- As sqlite/0008_people.up.sql.
ALTER TABLE users ADD COLUMN names_folded TEXT NOT NULL;
UPDATE users SET names_folded = CONCAT(' ', LOWER(COALESCE(first_name, '')), ' ', LOWER(COALESCE(last_name, '')),
    CHAR(10 USING utf8mb4), ' ', LOWER(CONVERT(username USING utf8mb4)))
WHERE deleted_us IS NULL;
