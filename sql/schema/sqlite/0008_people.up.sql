-- A person's names as they are looked up (people/display_name.h): folded, each word behind a blank. Until somebody's names
-- are changed the next time, other letters than ASCII's keep their case here on SQLite.
ALTER TABLE users ADD COLUMN names_folded TEXT NOT NULL DEFAULT '';
UPDATE users SET names_folded = ' ' || LOWER(COALESCE(first_name, '')) || ' ' || LOWER(COALESCE(last_name, '')) ||
    char(10) || ' ' || LOWER(username)
WHERE deleted_us IS NULL;

-- What an app keeps for its person: an object of JSON, as it was sent.
CREATE TABLE user_preferences (
    user_id INTEGER PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
    value TEXT NOT NULL,
    version INTEGER NOT NULL,
    updated_us INTEGER NOT NULL
) STRICT;

-- The owners of a page of workspaces, and how large those are.
CREATE INDEX members_role ON members (role, workspace_id, user_id);
CREATE INDEX attachments_size ON attachments (workspace_id, size_bytes);
