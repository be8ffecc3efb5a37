-- The words of messages (app/core/words.c): a hint where to look; what is found is proved on the message's row.
CREATE TABLE words (
    workspace_id INTEGER NOT NULL,
    word BLOB NOT NULL,
    message_id INTEGER NOT NULL,
    chat_id INTEGER NOT NULL,
    PRIMARY KEY (workspace_id, word, message_id)
) STRICT, WITHOUT ROWID;

-- Messages whose words are to be written anew; the job works from the newest row to the oldest. Written in the transaction of
-- each change, with the text that is gone since the words of that one must go.
CREATE TABLE index_queue (
    id INTEGER PRIMARY KEY,
    message_id INTEGER NOT NULL,
    workspace_id INTEGER NOT NULL,         -- where the words of old_content are
    old_content TEXT                       -- NULL: there was none
) STRICT;

INSERT INTO index_queue (message_id, workspace_id)
SELECT id, workspace_id FROM messages WHERE deleted_us IS NULL AND content <> '' ORDER BY id;
