-- Which keys belong to this database: 64 hex digits for local.key, kid:… for each signing key and seal:… for each sealing
-- key that was ever used.

-- name: key_fingerprints_list
SELECT fingerprint FROM key_fingerprints

-- name: key_fingerprint_insert
INSERT INTO key_fingerprints (fingerprint, created_us) VALUES (?, ?)
