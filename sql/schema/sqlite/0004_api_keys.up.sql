-- API keys: each acts for one user in one workspace. The row of a deleted key goes, its id is never given out again.

CREATE TABLE api_keys (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    uuid BLOB NOT NULL UNIQUE,
    user_id INTEGER NOT NULL REFERENCES users (id) ON DELETE CASCADE, -- for whom it acts
    workspace_id INTEGER NOT NULL REFERENCES workspaces (id) ON DELETE CASCADE,
    name TEXT NOT NULL,
    description TEXT,
    scopes INTEGER NOT NULL,               -- bits of enum key_scope
    key_hash BLOB NOT NULL UNIQUE,         -- SHA-256 of the key
    allowed_ips TEXT,                      -- as core/cidr.h prints it; NULL: any address
    expires_us INTEGER,
    is_active INTEGER NOT NULL DEFAULT 1,
    last_used_us INTEGER,
    last_used_ip TEXT,
    refused_us INTEGER,                    -- when the audit log was last told that it was refused
    created_by_user INTEGER REFERENCES users (id) ON DELETE SET NULL,
    created_by_key INTEGER,                -- id of the key that was used for it; may be gone
    replaced_by INTEGER,                   -- id of its successor after a rotation; may be gone
    created_us INTEGER NOT NULL,
    updated_us INTEGER NOT NULL
) STRICT;
CREATE INDEX api_keys_user ON api_keys (user_id, is_active);
CREATE INDEX api_keys_workspace ON api_keys (workspace_id);
CREATE INDEX api_keys_creator ON api_keys (created_by_user);
CREATE INDEX api_keys_expiry ON api_keys (is_active, expires_us);

-- Whoever takes the rights of an administrator away, from a user or a key, locks this row first.
INSERT INTO once (name, created_us) VALUES ('administrators', 0);
