-- As sqlite/0014_seen_at_once.up.sql.
ALTER TABLE chats ADD COLUMN kind TINYINT NOT NULL DEFAULT 0, ADD COLUMN direct_ids VARBINARY(144),
    ADD UNIQUE KEY chats_direct (workspace_id, direct_ids);
ALTER TABLE messages ADD COLUMN root_id BIGINT, ADD COLUMN reply_count BIGINT NOT NULL DEFAULT 0,
    ADD COLUMN mention_all TINYINT NOT NULL DEFAULT 0, ADD COLUMN has_mentions TINYINT NOT NULL DEFAULT 0,
    ADD COLUMN has_reactions TINYINT NOT NULL DEFAULT 0, ADD COLUMN pinned TINYINT NOT NULL DEFAULT 0,
    ADD COLUMN nonce BIGINT, ADD KEY messages_root (root_id, seq);
ALTER TABLE attachments ADD COLUMN width BIGINT, ADD COLUMN height BIGINT;
ALTER TABLE uploads ADD COLUMN width BIGINT, ADD COLUMN height BIGINT;
ALTER TABLE users ADD COLUMN status_text VARCHAR(255), ADD COLUMN status_emoji VARCHAR(64), ADD COLUMN status_until_us BIGINT;

CREATE TABLE chat_states (
    workspace_id BIGINT NOT NULL,
    user_id BIGINT NOT NULL,
    chat_id BIGINT NOT NULL,
    read_seq BIGINT NOT NULL,
    notify TINYINT NOT NULL DEFAULT 0,
    starred TINYINT NOT NULL DEFAULT 0,
    draft MEDIUMTEXT,
    changed_us BIGINT NOT NULL,
    PRIMARY KEY (workspace_id, user_id, chat_id),
    KEY chat_states_chat (chat_id),
    CONSTRAINT chat_states_of_chat FOREIGN KEY (chat_id) REFERENCES chats (id) ON DELETE CASCADE,
    CONSTRAINT chat_states_of_member FOREIGN KEY (workspace_id, user_id)
        REFERENCES members (workspace_id, user_id) ON DELETE CASCADE
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

CREATE TABLE chat_gaps (
    chat_id BIGINT NOT NULL,
    seq BIGINT NOT NULL,
    workspace_id BIGINT NOT NULL,
    PRIMARY KEY (chat_id, seq),
    CONSTRAINT chat_gaps_of_chat FOREIGN KEY (chat_id) REFERENCES chats (id) ON DELETE CASCADE
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

CREATE TABLE mentions (
    chat_id BIGINT NOT NULL,
    user_id BIGINT NOT NULL,
    seq BIGINT NOT NULL,
    workspace_id BIGINT NOT NULL,
    message_id BIGINT NOT NULL,
    PRIMARY KEY (chat_id, user_id, seq),
    KEY mentions_message (message_id),
    KEY mentions_user (user_id),
    CONSTRAINT mentions_in_message FOREIGN KEY (message_id) REFERENCES messages (id) ON DELETE CASCADE
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

CREATE TABLE reactions (
    message_id BIGINT NOT NULL,
    emoji VARBINARY(64) NOT NULL,
    user_id BIGINT NOT NULL,
    workspace_id BIGINT NOT NULL,
    created_us BIGINT NOT NULL,
    PRIMARY KEY (message_id, emoji, user_id),
    KEY reactions_user (user_id),
    CONSTRAINT reactions_to_message FOREIGN KEY (message_id) REFERENCES messages (id) ON DELETE CASCADE,
    CONSTRAINT reactions_by_user FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

CREATE TABLE pins (
    message_id BIGINT NOT NULL,
    chat_id BIGINT NOT NULL,
    workspace_id BIGINT NOT NULL,
    pinned_by BIGINT,
    pinned_us BIGINT NOT NULL,
    PRIMARY KEY (message_id),
    KEY pins_chat (chat_id, pinned_us),
    KEY pins_user (pinned_by),
    CONSTRAINT pins_of_message FOREIGN KEY (message_id) REFERENCES messages (id) ON DELETE CASCADE,
    CONSTRAINT pins_by_user FOREIGN KEY (pinned_by) REFERENCES users (id) ON DELETE SET NULL
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

CREATE TABLE message_versions (
    message_id BIGINT NOT NULL,
    version BIGINT NOT NULL,
    workspace_id BIGINT NOT NULL,
    content MEDIUMTEXT NOT NULL,
    created_us BIGINT NOT NULL,
    PRIMARY KEY (message_id, version),
    CONSTRAINT message_versions_of_message FOREIGN KEY (message_id) REFERENCES messages (id) ON DELETE CASCADE
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- IGNORE: a step that was cut off goes on where it stopped, and one of these may have been done already.
INSERT IGNORE INTO chat_gaps (chat_id, seq, workspace_id)
SELECT chat_id, seq, workspace_id FROM messages WHERE deleted_us IS NOT NULL;
INSERT IGNORE INTO chat_states (workspace_id, user_id, chat_id, read_seq, changed_us)
SELECT c.workspace_id, m.user_id, c.id, c.last_seq, c.activity_us FROM chats c JOIN members m ON m.workspace_id = c.workspace_id
WHERE c.join_mode = 0 AND c.last_seq > 0 AND c.deleted_us IS NULL;
INSERT IGNORE INTO chat_states (workspace_id, user_id, chat_id, read_seq, changed_us)
SELECT c.workspace_id, m.user_id, c.id, c.last_seq, c.activity_us FROM chats c JOIN chat_members m ON m.chat_id = c.id
WHERE c.join_mode <> 0 AND c.last_seq > 0 AND c.deleted_us IS NULL;

UPDATE messages SET root_id = reply_to WHERE reply_to IS NOT NULL;
UPDATE messages m JOIN messages p ON p.id = m.root_id SET m.root_id = p.root_id WHERE p.root_id IS NOT NULL;
UPDATE messages m JOIN messages p ON p.id = m.root_id SET m.root_id = p.root_id WHERE p.root_id IS NOT NULL;
UPDATE messages m JOIN messages p ON p.id = m.root_id SET m.root_id = p.root_id WHERE p.root_id IS NOT NULL;
UPDATE messages m JOIN messages p ON p.id = m.root_id SET m.root_id = p.root_id WHERE p.root_id IS NOT NULL;
UPDATE messages m JOIN messages p ON p.id = m.root_id SET m.root_id = p.root_id WHERE p.root_id IS NOT NULL;
UPDATE messages m JOIN messages p ON p.id = m.root_id SET m.root_id = p.root_id WHERE p.root_id IS NOT NULL;
UPDATE messages m JOIN messages p ON p.id = m.root_id SET m.root_id = p.root_id WHERE p.root_id IS NOT NULL;
UPDATE messages m JOIN messages p ON p.id = m.root_id SET m.root_id = p.root_id WHERE p.root_id IS NOT NULL;
UPDATE messages m JOIN messages p ON p.id = m.root_id SET m.root_id = p.root_id WHERE p.root_id IS NOT NULL;
UPDATE messages m JOIN messages p ON p.id = m.root_id SET m.root_id = p.root_id WHERE p.root_id IS NOT NULL;
UPDATE messages m JOIN
    (SELECT root_id, COUNT(*) AS reply_count FROM messages WHERE root_id IS NOT NULL AND deleted_us IS NULL GROUP BY root_id) t
    ON t.root_id = m.id
SET m.reply_count = t.reply_count;
