-- Users, their sign-in sessions, workspaces, chats, messages and files. Times are microseconds since 1970 (UTC).

CREATE TABLE users (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    uuid BLOB NOT NULL UNIQUE,
    kind INTEGER NOT NULL,                 -- enum user_kind
    email TEXT UNIQUE,                     -- normalised: lower case
    username TEXT NOT NULL UNIQUE,
    first_name TEXT,
    last_name TEXT,
    password_hash TEXT,
    role INTEGER NOT NULL,                 -- enum user_role
    is_active INTEGER NOT NULL DEFAULT 1,
    is_first_login INTEGER NOT NULL DEFAULT 1,
    tos_accepted INTEGER NOT NULL DEFAULT 0,
    twofa_enabled INTEGER NOT NULL DEFAULT 0,
    last_login_us INTEGER,
    deleted_us INTEGER,                    -- account erased; the row stays as "Deleted user" while messages name it
    erase_messages INTEGER NOT NULL DEFAULT 0, -- their messages and files are being erased by the job
    version INTEGER NOT NULL DEFAULT 1,
    created_us INTEGER NOT NULL,
    updated_us INTEGER NOT NULL
) STRICT;
CREATE INDEX users_erase ON users (id) WHERE erase_messages = 1;
CREATE INDEX users_role ON users (role, is_active);

-- A row that can be inserted once: 'setup' while the first administrator is being made.
CREATE TABLE once (
    name TEXT PRIMARY KEY,
    value TEXT,
    created_us INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE sessions (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    uuid BLOB NOT NULL UNIQUE,
    user_id INTEGER NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    refresh_jti BLOB NOT NULL,             -- of the newest refresh token
    refresh_issued_us INTEGER NOT NULL,
    previous_jti BLOB,                     -- of the one before; good for REFRESH_GRACE_S after the rotation
    ip TEXT NOT NULL,
    user_agent TEXT NOT NULL,
    created_us INTEGER NOT NULL,
    last_used_us INTEGER NOT NULL,
    expires_us INTEGER NOT NULL,
    ended_us INTEGER
) STRICT;
CREATE INDEX sessions_user ON sessions (user_id, ended_us, created_us);
CREATE INDEX sessions_expiry ON sessions (expires_us);

CREATE TABLE workspaces (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    uuid BLOB NOT NULL UNIQUE,
    name TEXT NOT NULL,
    personal INTEGER NOT NULL DEFAULT 0,
    created_by INTEGER REFERENCES users (id) ON DELETE SET NULL,
    retention_days INTEGER,
    require_2fa INTEGER NOT NULL DEFAULT 0,
    member_count INTEGER NOT NULL,         -- rows in members; kept under this row's lock
    deleted_us INTEGER,                    -- invisible; rows and objects are being removed by the job
    version INTEGER NOT NULL DEFAULT 1,
    created_us INTEGER NOT NULL,
    updated_us INTEGER NOT NULL
) STRICT;
CREATE INDEX workspaces_deleted ON workspaces (deleted_us) WHERE deleted_us IS NOT NULL;

CREATE TABLE members (
    workspace_id INTEGER NOT NULL REFERENCES workspaces (id) ON DELETE CASCADE,
    user_id INTEGER NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    role INTEGER NOT NULL,                 -- enum member_role
    joined_us INTEGER NOT NULL,
    PRIMARY KEY (workspace_id, user_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX members_user ON members (user_id, workspace_id);

CREATE TABLE invitations (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    uuid BLOB NOT NULL UNIQUE,
    workspace_id INTEGER NOT NULL REFERENCES workspaces (id) ON DELETE CASCADE,
    email TEXT NOT NULL,
    role INTEGER NOT NULL,
    token_hash BLOB NOT NULL UNIQUE,       -- SHA-256 of the token
    invited_by INTEGER REFERENCES users (id) ON DELETE SET NULL,
    created_us INTEGER NOT NULL,
    expires_us INTEGER NOT NULL,
    accepted_us INTEGER
) STRICT;
CREATE INDEX invitations_workspace ON invitations (workspace_id, accepted_us, created_us);
CREATE INDEX invitations_expiry ON invitations (expires_us);
CREATE INDEX invitations_email ON invitations (email);

CREATE TABLE chats (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    uuid BLOB NOT NULL UNIQUE,
    workspace_id INTEGER NOT NULL REFERENCES workspaces (id),
    title TEXT NOT NULL,
    title_folded TEXT NOT NULL,            -- without case and compatibility forms, for looking it up
    created_by INTEGER REFERENCES users (id) ON DELETE SET NULL,
    join_mode INTEGER NOT NULL DEFAULT 0,  -- enum chat_join
    assistant INTEGER NOT NULL DEFAULT 0,  -- enum chat_assistant
    provider TEXT,
    model TEXT,
    system_prompt TEXT,
    temperature REAL,
    max_tokens INTEGER,
    last_seq INTEGER NOT NULL DEFAULT 0,
    message_count INTEGER NOT NULL DEFAULT 0,
    activity_us INTEGER NOT NULL,          -- newest message, or the chat's making
    deleted_us INTEGER,                    -- invisible; being removed by the job
    version INTEGER NOT NULL DEFAULT 1,
    created_us INTEGER NOT NULL,
    updated_us INTEGER NOT NULL
) STRICT;
CREATE INDEX chats_activity ON chats (workspace_id, deleted_us, join_mode, activity_us, id);
CREATE INDEX chats_deleted ON chats (deleted_us) WHERE deleted_us IS NOT NULL;

CREATE TABLE chat_members (
    chat_id INTEGER NOT NULL REFERENCES chats (id) ON DELETE CASCADE,
    user_id INTEGER NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    workspace_id INTEGER NOT NULL,
    joined_us INTEGER NOT NULL,
    PRIMARY KEY (chat_id, user_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX chat_members_user ON chat_members (workspace_id, user_id, chat_id);

CREATE TABLE messages (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    uuid BLOB NOT NULL UNIQUE,
    workspace_id INTEGER NOT NULL,
    chat_id INTEGER NOT NULL REFERENCES chats (id),
    seq INTEGER NOT NULL,                  -- 1, 2, 3 … in its chat, given out under the chat row's lock
    sender_id INTEGER REFERENCES users (id) ON DELETE SET NULL,
    sender_name TEXT,                      -- of a sender from outside, who has no user
    is_ai_response INTEGER NOT NULL DEFAULT 0,
    status INTEGER NOT NULL DEFAULT 0,     -- enum message_status
    model TEXT,
    content TEXT NOT NULL,
    reply_to INTEGER,                      -- id of a message of the same chat
    attachment_count INTEGER NOT NULL DEFAULT 0,
    edited_us INTEGER,
    deleted_us INTEGER,                    -- tombstone: content and files are gone
    version INTEGER NOT NULL DEFAULT 1,
    created_us INTEGER NOT NULL,
    updated_us INTEGER NOT NULL,
    UNIQUE (chat_id, seq)
) STRICT;
CREATE INDEX messages_sender ON messages (sender_id, id);

CREATE TABLE attachments (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    uuid BLOB NOT NULL UNIQUE,
    workspace_id INTEGER NOT NULL,
    message_id INTEGER,                    -- NULL until it is bound to its one message
    uploader_id INTEGER REFERENCES users (id) ON DELETE SET NULL,
    object_key TEXT NOT NULL UNIQUE,
    filename TEXT NOT NULL,
    content_type TEXT NOT NULL,
    size_bytes INTEGER NOT NULL,
    sha256 BLOB,                           -- NULL until the job has read a multipart upload
    promised_sha256 BLOB,                  -- what the client said it would be
    created_us INTEGER NOT NULL
) STRICT;
CREATE INDEX attachments_message ON attachments (message_id, workspace_id);
CREATE INDEX attachments_workspace ON attachments (workspace_id, id);
CREATE INDEX attachments_unbound ON attachments (message_id, created_us) WHERE message_id IS NULL;
CREATE INDEX attachments_unread ON attachments (id) WHERE sha256 IS NULL;

-- A direct upload that has begun and not yet become an attachment.
CREATE TABLE uploads (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    uuid BLOB NOT NULL UNIQUE,
    workspace_id INTEGER NOT NULL,
    user_id INTEGER NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    object_key TEXT NOT NULL UNIQUE,
    store_upload_id TEXT,                  -- the store's multipart upload; NULL for a single PUT
    part_size_bytes INTEGER,
    filename TEXT NOT NULL,
    content_type TEXT NOT NULL,
    size_bytes INTEGER NOT NULL,
    sha256 BLOB,
    claimed_us INTEGER,                    -- a completion is running
    created_us INTEGER NOT NULL,
    expires_us INTEGER NOT NULL
) STRICT;
CREATE INDEX uploads_user ON uploads (user_id, id);
CREATE INDEX uploads_expiry ON uploads (expires_us);
CREATE INDEX uploads_workspace ON uploads (workspace_id, id);

-- Objects that must go: written in the transaction that removes their row, and before an object is made.
CREATE TABLE object_deletions (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    object_key TEXT NOT NULL,
    store_upload_id TEXT,                  -- a multipart upload to give up
    due_us INTEGER NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX object_deletions_due ON object_deletions (due_us, id);

CREATE TABLE idempotency (
    user_id INTEGER NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    key_hash BLOB NOT NULL,                -- SHA-256 of route, path and Idempotency-Key
    body_hash BLOB NOT NULL,
    thing BLOB,                            -- public id of what was made; NULL while the first request runs
    created_us INTEGER NOT NULL,
    PRIMARY KEY (user_id, key_hash)
) STRICT, WITHOUT ROWID;
CREATE INDEX idempotency_age ON idempotency (created_us);

-- Work that one process at a time does: taken by lease.
CREATE TABLE job_leases (
    name TEXT PRIMARY KEY,
    holder BLOB NOT NULL,
    until_us INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Key sets that belong to this database; a host with others does not start.
CREATE TABLE key_fingerprints (
    fingerprint TEXT PRIMARY KEY,
    created_us INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
