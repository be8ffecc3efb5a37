-- Addresses at which a program may post into a chat, as the member who made them. They go with the chat and with the membership.
CREATE TABLE webhooks (
    id INTEGER PRIMARY KEY,
    uuid BLOB NOT NULL UNIQUE,
    workspace_id INTEGER NOT NULL,
    chat_id INTEGER NOT NULL REFERENCES chats (id) ON DELETE CASCADE,
    user_id INTEGER NOT NULL,              -- who made it, and in whose right it posts
    name TEXT NOT NULL,                    -- of the sender, where a message names none
    token_hash BLOB NOT NULL UNIQUE,       -- SHA-256 of the token in its address
    created_us INTEGER NOT NULL,
    used_us INTEGER,                       -- when it last posted
    FOREIGN KEY (workspace_id, user_id) REFERENCES members (workspace_id, user_id) ON DELETE CASCADE
) STRICT;
CREATE INDEX webhooks_chat ON webhooks (chat_id);
CREATE INDEX webhooks_member ON webhooks (workspace_id, user_id);
