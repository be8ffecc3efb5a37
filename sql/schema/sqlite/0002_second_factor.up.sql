-- The second factor of users (TOTP, RFC 6238), their recovery codes, and sign-ins that wait for their second step.

CREATE TABLE totp (
    user_id INTEGER PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
    secret BLOB NOT NULL,                  -- sealed (auth/seal.h)
    enabled_us INTEGER,                    -- NULL: set up, but no code was shown yet; users.twofa_enabled says the same
    last_step INTEGER NOT NULL DEFAULT 0,  -- the newest time step whose code was used; it and those before are spent
    wrong_count INTEGER NOT NULL DEFAULT 0, -- wrong codes since the last right one or the last lock
    locked_until_us INTEGER NOT NULL DEFAULT 0,
    created_us INTEGER NOT NULL
) STRICT;

CREATE TABLE recovery_codes (
    user_id INTEGER NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    code_hash BLOB NOT NULL,               -- HMAC-SHA-256 under local.key (auth/recovery_code.h)
    used_us INTEGER,
    PRIMARY KEY (user_id, code_hash)
) STRICT, WITHOUT ROWID;

CREATE TABLE challenges (
    jti BLOB NOT NULL PRIMARY KEY,         -- of the challenge token
    user_id INTEGER NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    wrong_count INTEGER NOT NULL DEFAULT 0,
    used_us INTEGER,
    expires_us INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX challenges_user ON challenges (user_id);
CREATE INDEX challenges_expiry ON challenges (expires_us);
