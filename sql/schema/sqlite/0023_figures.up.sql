-- What GET /metrics/users, /workspaces and /chats tell, summed by a job once a minute, so that no request counts anything.
CREATE TABLE figures (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    position INTEGER NOT NULL,             -- of the event log: up to here it is in posted_minutes and posted_by
    counted_us INTEGER NOT NULL,           -- when; 0: not yet
    user_count INTEGER NOT NULL DEFAULT 0,
    active_count INTEGER NOT NULL DEFAULT 0,
    admin_count INTEGER NOT NULL DEFAULT 0,
    twofa_count INTEGER NOT NULL DEFAULT 0,
    signed_in_count INTEGER NOT NULL DEFAULT 0,      -- within 24 hours
    new_user_count INTEGER NOT NULL DEFAULT 0,       -- within 30 days
    workspace_count INTEGER NOT NULL DEFAULT 0,
    new_workspace_count INTEGER NOT NULL DEFAULT 0,  -- within 30 days
    chat_count INTEGER NOT NULL DEFAULT 0,
    message_count INTEGER NOT NULL DEFAULT 0
) STRICT;

-- Messages that were posted in a minute since 1970, by anybody; of the last days.
CREATE TABLE posted_minutes (
    minute INTEGER PRIMARY KEY,
    message_count INTEGER NOT NULL
) STRICT;

-- Messages that somebody has posted, those too that are deleted by now.
CREATE TABLE posted_by (
    user_id INTEGER PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
    message_count INTEGER NOT NULL
) STRICT;
CREATE INDEX posted_by_count ON posted_by (message_count, user_id);

-- What was posted before: the last days as far as the event log knows them (0 is message.created), and what is there of each.
INSERT INTO figures (id, position, counted_us)
SELECT 1, COALESCE(MAX(position), 0), 0 FROM event_log;
INSERT INTO posted_minutes (minute, message_count)
SELECT at_us / 60000000, COUNT(*) FROM event_log WHERE kind = 0 GROUP BY at_us / 60000000;
INSERT INTO posted_by (user_id, message_count)
SELECT m.sender_id, COUNT(*) FROM messages m JOIN users u ON u.id = m.sender_id AND u.deleted_us IS NULL GROUP BY m.sender_id;

-- The traceparent of the request that made a mail necessary, for the lines of the log about it; NULL: it had none.
ALTER TABLE mails ADD COLUMN trace TEXT;
