ALTER TABLE users DROP COLUMN storage_epoch;
ALTER TABLE sessions DROP COLUMN stays;
ALTER TABLE sessions DROP COLUMN cookie_hash;
