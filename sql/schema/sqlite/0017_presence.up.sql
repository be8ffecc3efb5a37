-- What is told to those who have a stream open and is kept no longer than that: who is there, and (where several processes
-- share the database without Redis) what one of them tells the others.

-- The processes that have streams open, while they say so each NODE_BEAT_S.
CREATE TABLE nodes (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    beat_us INTEGER NOT NULL
) STRICT;

-- A row for each process at which somebody has a stream open; and one with node_id 0 for what was known when the last one
-- ended: then they left at left_us. active_us: when they last did something; 0: another row says that.
CREATE TABLE presence (
    user_id INTEGER NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    node_id INTEGER NOT NULL,
    active_us INTEGER NOT NULL,
    left_us INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (user_id, node_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX presence_node ON presence (node_id, user_id);

-- Here one server has the file to itself: this stays empty.
CREATE TABLE signals (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    node_id INTEGER NOT NULL,
    kind INTEGER NOT NULL,
    workspace_id INTEGER,
    chat_id INTEGER,
    user_id INTEGER NOT NULL,
    at_us INTEGER NOT NULL
) STRICT;
