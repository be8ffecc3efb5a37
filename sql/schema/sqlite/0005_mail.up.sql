-- Mail that waits to be sent, and links by which somebody sets a new password.

CREATE TABLE mails (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    uuid BLOB NOT NULL UNIQUE,             -- in its Message-ID, the same at each try
    recipient TEXT NOT NULL,
    subject TEXT NOT NULL,
    body TEXT,                             -- plain text; it may hold a token, so it goes once the mail is sent or given up
    due_us INTEGER,                        -- the next try, not before; NULL: sent or given up
    attempts INTEGER NOT NULL DEFAULT 0,   -- tries begun
    last_error TEXT,                       -- why the last one failed
    sent_us INTEGER,
    failed_us INTEGER,                     -- given up
    expires_us INTEGER NOT NULL,           -- from then on nobody can use it
    created_us INTEGER NOT NULL
) STRICT;
CREATE INDEX mails_due ON mails (due_us, created_us);
CREATE INDEX mails_recipient ON mails (recipient);

-- Addresses for which somebody asked for a link. A job looks whose they are, so the asking takes the same time for all.
CREATE TABLE password_reset_asks (
    email TEXT PRIMARY KEY,                -- normalised
    asked_us INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX password_reset_asks_asked ON password_reset_asks (asked_us);

CREATE TABLE password_resets (
    token_hash BLOB NOT NULL PRIMARY KEY,  -- SHA-256 of the token
    user_id INTEGER NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    expires_us INTEGER NOT NULL,
    used_us INTEGER,
    created_us INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX password_resets_user ON password_resets (user_id, expires_us);
CREATE INDEX password_resets_expiry ON password_resets (expires_us);
