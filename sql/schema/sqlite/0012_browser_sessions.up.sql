-- A browser's session is renewed by a cookie: of its present value (domain/trust/session_cookie.h) the SHA-256. NULL: the
-- session has refresh tokens.
ALTER TABLE sessions ADD COLUMN cookie_hash BLOB;
ALTER TABLE sessions ADD COLUMN stays INTEGER NOT NULL DEFAULT 0; -- the cookie outlives the browser's windows

-- From it and the sealing key comes the key with which a browser encrypts what it keeps; a changed password raises it.
ALTER TABLE users ADD COLUMN storage_epoch INTEGER NOT NULL DEFAULT 0;
