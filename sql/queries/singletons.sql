-- name: singleton_insert
INSERT INTO singletons (name, created_us) VALUES (?, ?)
