-- name: singleton_find
SELECT created_us FROM singletons WHERE name = ?

-- name: singleton_insert
INSERT INTO singletons (name, created_us) VALUES (?, ?)
