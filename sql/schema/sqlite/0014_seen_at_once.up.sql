-- What one person does with chats and messages and others see: read marks, mentions, reactions, pins, versions, threads.

ALTER TABLE chats ADD COLUMN kind INTEGER NOT NULL DEFAULT 0;
-- Of a direct chat: the public ids of its people, sorted, one behind the other.
ALTER TABLE chats ADD COLUMN direct_ids BLOB;
CREATE UNIQUE INDEX chats_direct ON chats (workspace_id, direct_ids) WHERE direct_ids IS NOT NULL;

-- root_id: the message at the beginning of a thread; reply_count: living messages under it. has_mentions and has_reactions
-- say whether their tables are worth asking. nonce: the first 8 bytes of SHA-256 of the Idempotency-Key.
ALTER TABLE messages ADD COLUMN root_id INTEGER;
ALTER TABLE messages ADD COLUMN reply_count INTEGER NOT NULL DEFAULT 0;
ALTER TABLE messages ADD COLUMN mention_all INTEGER NOT NULL DEFAULT 0;
ALTER TABLE messages ADD COLUMN has_mentions INTEGER NOT NULL DEFAULT 0;
ALTER TABLE messages ADD COLUMN has_reactions INTEGER NOT NULL DEFAULT 0;
ALTER TABLE messages ADD COLUMN pinned INTEGER NOT NULL DEFAULT 0;
ALTER TABLE messages ADD COLUMN nonce INTEGER;
CREATE INDEX messages_root ON messages (root_id, seq) WHERE root_id IS NOT NULL;

ALTER TABLE attachments ADD COLUMN width INTEGER;
ALTER TABLE attachments ADD COLUMN height INTEGER;
ALTER TABLE uploads ADD COLUMN width INTEGER;
ALTER TABLE uploads ADD COLUMN height INTEGER;

ALTER TABLE users ADD COLUMN status_text TEXT;
ALTER TABLE users ADD COLUMN status_emoji TEXT;
ALTER TABLE users ADD COLUMN status_until_us INTEGER;

-- One's own state of a chat; without a row it is read up to 0. Whoever leaves the workspace takes it along.
CREATE TABLE chat_states (
    workspace_id INTEGER NOT NULL,
    user_id INTEGER NOT NULL,
    chat_id INTEGER NOT NULL REFERENCES chats (id) ON DELETE CASCADE,
    read_seq INTEGER NOT NULL,
    notify INTEGER NOT NULL DEFAULT 0,
    starred INTEGER NOT NULL DEFAULT 0,
    draft TEXT,
    changed_us INTEGER NOT NULL,
    PRIMARY KEY (workspace_id, user_id, chat_id),
    FOREIGN KEY (workspace_id, user_id) REFERENCES members (workspace_id, user_id) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;
CREATE INDEX chat_states_chat ON chat_states (chat_id);

-- The seqs at which there is nothing to read: deleted or erased.
CREATE TABLE chat_gaps (
    chat_id INTEGER NOT NULL REFERENCES chats (id) ON DELETE CASCADE,
    seq INTEGER NOT NULL,
    workspace_id INTEGER NOT NULL,
    PRIMARY KEY (chat_id, seq)
) STRICT, WITHOUT ROWID;

-- user_id 0: everyone.
CREATE TABLE mentions (
    chat_id INTEGER NOT NULL,
    user_id INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    workspace_id INTEGER NOT NULL,
    message_id INTEGER NOT NULL REFERENCES messages (id) ON DELETE CASCADE,
    PRIMARY KEY (chat_id, user_id, seq)
) STRICT, WITHOUT ROWID;
CREATE INDEX mentions_message ON mentions (message_id);
CREATE INDEX mentions_user ON mentions (user_id);

CREATE TABLE reactions (
    message_id INTEGER NOT NULL REFERENCES messages (id) ON DELETE CASCADE,
    emoji TEXT NOT NULL,
    user_id INTEGER NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    workspace_id INTEGER NOT NULL,
    created_us INTEGER NOT NULL,
    PRIMARY KEY (message_id, emoji, user_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX reactions_user ON reactions (user_id);

CREATE TABLE pins (
    message_id INTEGER PRIMARY KEY REFERENCES messages (id) ON DELETE CASCADE,
    chat_id INTEGER NOT NULL,
    workspace_id INTEGER NOT NULL,
    pinned_by INTEGER REFERENCES users (id) ON DELETE SET NULL,
    pinned_us INTEGER NOT NULL
) STRICT;
CREATE INDEX pins_chat ON pins (chat_id, pinned_us);
CREATE INDEX pins_user ON pins (pinned_by);

-- Texts that a message had before its present one, by the version that it had then.
CREATE TABLE message_versions (
    message_id INTEGER NOT NULL REFERENCES messages (id) ON DELETE CASCADE,
    version INTEGER NOT NULL,
    workspace_id INTEGER NOT NULL,
    content TEXT NOT NULL,
    created_us INTEGER NOT NULL,
    PRIMARY KEY (message_id, version)
) STRICT, WITHOUT ROWID;

-- Whoever is in a chat now has read it. (A hole that erasing has left before counts as unread if it is marked so again.)
INSERT INTO chat_gaps (chat_id, seq, workspace_id) SELECT chat_id, seq, workspace_id FROM messages WHERE deleted_us IS NOT NULL;
INSERT INTO chat_states (workspace_id, user_id, chat_id, read_seq, changed_us)
SELECT c.workspace_id, m.user_id, c.id, c.last_seq, c.activity_us FROM chats c JOIN members m ON m.workspace_id = c.workspace_id
WHERE c.join_mode = 0 AND c.last_seq > 0 AND c.deleted_us IS NULL;
INSERT INTO chat_states (workspace_id, user_id, chat_id, read_seq, changed_us)
SELECT c.workspace_id, m.user_id, c.id, c.last_seq, c.activity_us FROM chats c JOIN chat_members m ON m.chat_id = c.id
WHERE c.join_mode <> 0 AND c.last_seq > 0 AND c.deleted_us IS NULL;

-- Threads of the replies that are there: each pass doubles the way to the root that is gone, 1,024 replies in the end.
UPDATE messages SET root_id = reply_to WHERE reply_to IS NOT NULL;
UPDATE messages SET root_id = p.root_id FROM messages p WHERE p.id = messages.root_id AND p.root_id IS NOT NULL;
UPDATE messages SET root_id = p.root_id FROM messages p WHERE p.id = messages.root_id AND p.root_id IS NOT NULL;
UPDATE messages SET root_id = p.root_id FROM messages p WHERE p.id = messages.root_id AND p.root_id IS NOT NULL;
UPDATE messages SET root_id = p.root_id FROM messages p WHERE p.id = messages.root_id AND p.root_id IS NOT NULL;
UPDATE messages SET root_id = p.root_id FROM messages p WHERE p.id = messages.root_id AND p.root_id IS NOT NULL;
UPDATE messages SET root_id = p.root_id FROM messages p WHERE p.id = messages.root_id AND p.root_id IS NOT NULL;
UPDATE messages SET root_id = p.root_id FROM messages p WHERE p.id = messages.root_id AND p.root_id IS NOT NULL;
UPDATE messages SET root_id = p.root_id FROM messages p WHERE p.id = messages.root_id AND p.root_id IS NOT NULL;
UPDATE messages SET root_id = p.root_id FROM messages p WHERE p.id = messages.root_id AND p.root_id IS NOT NULL;
UPDATE messages SET root_id = p.root_id FROM messages p WHERE p.id = messages.root_id AND p.root_id IS NOT NULL;
UPDATE messages SET reply_count = t.reply_count
FROM (SELECT root_id, COUNT(*) AS reply_count FROM messages WHERE root_id IS NOT NULL AND deleted_us IS NULL GROUP BY root_id) t
WHERE t.root_id = messages.id;
