ALTER TABLE users DROP COLUMN storage_epoch;
ALTER TABLE sessions DROP COLUMN stays, DROP COLUMN cookie_hash;
