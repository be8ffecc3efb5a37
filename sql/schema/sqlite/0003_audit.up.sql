-- Who did what. Rows are only added; the job seals them (position, previous_hash, hash), and erasing a person empties the
-- personal columns. No foreign keys: a row outlives what it names.

CREATE TABLE audit (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    uuid BLOB NOT NULL,
    at_us INTEGER NOT NULL,
    action TEXT NOT NULL,                  -- a name of domain/audit_actions.def
    actor BLOB,                            -- users.uuid; NULL: nobody was signed in, or the server itself
    actor_key_id INTEGER,                  -- api_keys.id of the key that was used
    actor_name TEXT,                       -- personal: their address or username
    ip TEXT,                               -- personal
    salt BLOB,                             -- random; goes with what is personal, so that the digest tells nothing then
    digest BLOB NOT NULL,                  -- of salt, actor_name and ip; stays
    target_kind TEXT,
    target BLOB,                           -- public id
    target_key_id INTEGER,                 -- api_keys.id where the target is a key
    request_id TEXT,
    details TEXT NOT NULL,                 -- a JSON object, nothing personal in it
    position INTEGER UNIQUE,               -- 1, 2, 3 … in the chain, in the order of sealing; NULL: not sealed yet
    previous_hash BLOB,                    -- hash of the row at position - 1
    hash BLOB
) STRICT;
CREATE INDEX audit_at ON audit (at_us, id);
CREATE INDEX audit_action ON audit (action, at_us, id);
CREATE INDEX audit_actor ON audit (actor, at_us, id);
CREATE INDEX audit_target ON audit (target, at_us, id);
CREATE INDEX audit_target_key ON audit (target_key_id, id);

-- One row: the end of the chain. Whoever seals locks it first.
CREATE TABLE audit_head (
    id INTEGER PRIMARY KEY,
    position INTEGER NOT NULL,
    hash BLOB NOT NULL
) STRICT;
INSERT INTO audit_head (id, position, hash) VALUES (1, 0, x'0000000000000000000000000000000000000000000000000000000000000000');

-- Deleted users whose rows are to be looked through once more.
CREATE TABLE audit_erasures (
    user BLOB PRIMARY KEY,
    from_us INTEGER NOT NULL,              -- rows from this time on are left
    due_us INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX audit_erasures_due ON audit_erasures (due_us);
