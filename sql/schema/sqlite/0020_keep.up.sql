-- What people pass on, keep, put away, and write for later.

-- archived_us: out of lists; it is read, and nothing new is written. Of a fork: the chat that it comes from and the last
-- message that it took over; either may be gone.
ALTER TABLE chats ADD COLUMN archived_us INTEGER;
ALTER TABLE chats ADD COLUMN forked_chat_id INTEGER;
ALTER TABLE chats ADD COLUMN forked_message_id INTEGER;

-- They say whether the tables below are worth asking.
ALTER TABLE messages ADD COLUMN is_forwarded INTEGER NOT NULL DEFAULT 0;
ALTER TABLE messages ADD COLUMN has_saves INTEGER NOT NULL DEFAULT 0;

-- Where the text of a forwarded message comes from, as it was then.
CREATE TABLE forwards (
    message_id INTEGER PRIMARY KEY REFERENCES messages (id) ON DELETE CASCADE,
    workspace_id INTEGER NOT NULL,
    source_id INTEGER NOT NULL,            -- the message; may be gone
    sender_id INTEGER REFERENCES users (id) ON DELETE SET NULL,
    sender_name TEXT,
    is_ai_response INTEGER NOT NULL,
    sent_us INTEGER NOT NULL,
    text_at INTEGER NOT NULL               -- code points of the forwarder's own before it
) STRICT;
CREATE INDEX forwards_sender ON forwards (sender_id);

-- Whose words and files are in the text of a forwarded message, through however many it has come here: with all that one of them
-- wrote it is erased, whatever has become of those between.
CREATE TABLE forward_authors (
    message_id INTEGER NOT NULL REFERENCES forwards (message_id) ON DELETE CASCADE,
    user_id INTEGER NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    PRIMARY KEY (message_id, user_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX forward_authors_user ON forward_authors (user_id);

-- Messages that somebody keeps for themselves. Whoever leaves the workspace takes theirs along.
CREATE TABLE saved (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    workspace_id INTEGER NOT NULL,
    user_id INTEGER NOT NULL,
    message_id INTEGER NOT NULL REFERENCES messages (id) ON DELETE CASCADE,
    saved_us INTEGER NOT NULL,
    UNIQUE (user_id, message_id),
    FOREIGN KEY (workspace_id, user_id) REFERENCES members (workspace_id, user_id) ON DELETE CASCADE
) STRICT;
CREATE INDEX saved_of_user ON saved (workspace_id, user_id, id);
CREATE INDEX saved_message ON saved (message_id);

-- Messages that wait for their time. A row and its message are never both there: one transaction exchanges them.
CREATE TABLE scheduled (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    uuid BLOB NOT NULL UNIQUE,             -- the message will have it
    workspace_id INTEGER NOT NULL,
    user_id INTEGER NOT NULL,
    key_id INTEGER,                        -- the API key that was used, which must still be good then
    chat_uuid BLOB NOT NULL,               -- the chat may be gone by then
    reply_to_uuid BLOB,                    -- of a message
    content TEXT NOT NULL,
    send_us INTEGER NOT NULL,
    due_us INTEGER,                        -- send_us while it waits; NULL: it could not be sent
    failed_code TEXT,                      -- why not
    failed_us INTEGER,
    version INTEGER NOT NULL DEFAULT 1,
    created_us INTEGER NOT NULL,
    updated_us INTEGER NOT NULL,
    FOREIGN KEY (workspace_id, user_id) REFERENCES members (workspace_id, user_id) ON DELETE CASCADE
) STRICT;
CREATE INDEX scheduled_due ON scheduled (due_us);
CREATE INDEX scheduled_of_member ON scheduled (workspace_id, user_id, send_us, id);
CREATE INDEX scheduled_of_user ON scheduled (user_id);

-- Several rows may share an object, which goes with the last of them; of a workspace, or a person, it is counted once.
CREATE TABLE attachments_next (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    uuid BLOB NOT NULL UNIQUE,
    workspace_id INTEGER NOT NULL,
    message_id INTEGER,                    -- NULL until it is bound to its one message
    uploader_id INTEGER REFERENCES users (id) ON DELETE SET NULL,
    object_key TEXT NOT NULL,
    filename TEXT NOT NULL,
    content_type TEXT NOT NULL,
    size_bytes INTEGER NOT NULL,
    sha256 BLOB,                           -- NULL until the job has read a multipart upload
    promised_sha256 BLOB,                  -- what the client said it would be
    created_us INTEGER NOT NULL,
    width INTEGER,
    height INTEGER
) STRICT;
INSERT INTO attachments_next (id, uuid, workspace_id, message_id, uploader_id, object_key, filename, content_type, size_bytes,
    sha256, promised_sha256, created_us, width, height)
SELECT id, uuid, workspace_id, message_id, uploader_id, object_key, filename, content_type, size_bytes,
    sha256, promised_sha256, created_us, width, height
FROM attachments;
DELETE FROM sqlite_sequence WHERE name = 'attachments_next';
INSERT INTO sqlite_sequence (name, seq) SELECT 'attachments_next', seq FROM sqlite_sequence WHERE name = 'attachments';
DROP TABLE attachments;
ALTER TABLE attachments_next RENAME TO attachments;
CREATE INDEX attachments_object ON attachments (object_key);
CREATE INDEX attachments_message ON attachments (message_id, workspace_id);
CREATE INDEX attachments_workspace ON attachments (workspace_id, id);
CREATE INDEX attachments_unbound ON attachments (message_id, created_us) WHERE message_id IS NULL;
CREATE INDEX attachments_unread ON attachments (id) WHERE sha256 IS NULL;
CREATE INDEX attachments_size ON attachments (workspace_id, object_key, size_bytes);
CREATE INDEX attachments_of_uploader ON attachments (uploader_id, object_key, size_bytes);
