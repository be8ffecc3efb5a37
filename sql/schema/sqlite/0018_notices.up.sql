-- Whom a message is to be told when they are not there: who is mentioned, who is replied to, the others of a direct chat. A row goes
-- when it has been told in every way that is left, or was read before.
CREATE TABLE notices (
    user_id INTEGER NOT NULL,
    message_id INTEGER NOT NULL REFERENCES messages (id) ON DELETE CASCADE,
    workspace_id INTEGER NOT NULL,
    chat_id INTEGER NOT NULL,
    kind INTEGER NOT NULL,                 -- 0 mention, 1 reply, 2 direct
    created_us INTEGER NOT NULL,
    push_us INTEGER,                       -- when browsers are to be told; NULL: they have been
    push_tries INTEGER NOT NULL DEFAULT 0,
    mail_us INTEGER,                       -- when it is to stand in a mail; NULL: it has, or there is none
    PRIMARY KEY (user_id, message_id),
    FOREIGN KEY (workspace_id, user_id) REFERENCES members (workspace_id, user_id) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;
CREATE INDEX notices_push ON notices (push_us) WHERE push_us IS NOT NULL;
CREATE INDEX notices_mail ON notices (mail_us) WHERE mail_us IS NOT NULL;
CREATE INDEX notices_message ON notices (message_id);
CREATE INDEX notices_member ON notices (workspace_id, user_id);

-- What somebody wants to be told, and when not; who has no row wants all, at any time.
CREATE TABLE notice_settings (
    user_id INTEGER PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
    push INTEGER NOT NULL,
    mail INTEGER NOT NULL,
    quiet_from INTEGER,                    -- minutes of the local day; both or neither
    quiet_to INTEGER,
    timezone TEXT NOT NULL,
    version INTEGER NOT NULL,
    updated_us INTEGER NOT NULL
) STRICT;

-- Browsers that are told by web push, as long as the session lives in which they asked for it.
CREATE TABLE push_subscriptions (
    id INTEGER PRIMARY KEY,
    user_id INTEGER NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    session_id INTEGER NOT NULL REFERENCES sessions (id) ON DELETE CASCADE,
    endpoint_hash BLOB NOT NULL UNIQUE,    -- SHA-256
    endpoint TEXT NOT NULL,                -- at the push service
    point BLOB NOT NULL,                   -- the browser's key (RFC 8291)
    secret BLOB NOT NULL,
    put_off_us INTEGER NOT NULL DEFAULT 0, -- its service did not take the last one: not before
    failed_count INTEGER NOT NULL DEFAULT 0, -- so often in a row
    created_us INTEGER NOT NULL
) STRICT;
CREATE INDEX push_subscriptions_session ON push_subscriptions (session_id);
CREATE INDEX push_subscriptions_user ON push_subscriptions (user_id, id);
