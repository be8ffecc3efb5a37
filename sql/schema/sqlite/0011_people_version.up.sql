-- One row, whose version moves with each change of anybody's name: what is remembered of names is proved by it.
CREATE TABLE people_version (
    id INTEGER PRIMARY KEY,
    version INTEGER NOT NULL
) STRICT;
INSERT INTO people_version (id, version) VALUES (1, 1);
