-- Addresses that people want instead of the one that their account has, until the link that was mailed there is used.
CREATE TABLE email_changes (
    token_hash BLOB NOT NULL PRIMARY KEY,  -- SHA-256 of the token
    user_id INTEGER NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    email TEXT NOT NULL,                   -- the new one, normalised
    expires_us INTEGER NOT NULL,
    created_us INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX email_changes_user ON email_changes (user_id, expires_us);
CREATE INDEX email_changes_expiry ON email_changes (expires_us);
