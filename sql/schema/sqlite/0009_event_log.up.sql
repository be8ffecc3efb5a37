-- Changes that somebody may want to hear of, written in the change's transaction. Commits have one order here, so the log is
-- written directly, and a position that was rolled back is given again. No foreign keys: what is deleted is told of, too.
CREATE TABLE event_log (
    position INTEGER PRIMARY KEY AUTOINCREMENT,
    kind INTEGER NOT NULL,
    workspace_id INTEGER,
    chat_id INTEGER,
    user_id INTEGER,
    subject BLOB,
    actor_id INTEGER,
    detail BLOB,
    at_us INTEGER NOT NULL
) STRICT;
CREATE INDEX event_log_workspace ON event_log (workspace_id, position);

-- The epoch is part of each public position: positions of another one (a restored database would give them out again) are
-- unknown here.
CREATE TABLE sequencer (
    id INTEGER PRIMARY KEY,
    epoch BLOB NOT NULL
) STRICT;

INSERT INTO sequencer (id, epoch) VALUES (1, randomblob(4));
