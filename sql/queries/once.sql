-- name: once_insert
INSERT INTO once (name, created_us) VALUES (?, ?)
