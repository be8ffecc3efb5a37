-- Messages that have a word and do not stand in words one by one any more: up to 256 of them in a row. Those of one word do not
-- overlap. What is new stands in words; a job moves it here.
CREATE TABLE word_runs (
    workspace_id INTEGER NOT NULL,
    word BLOB NOT NULL,
    first_id INTEGER NOT NULL,             -- of messages
    last_id INTEGER NOT NULL,
    id_count INTEGER NOT NULL,
    ids BLOB NOT NULL,                     -- messages and their chats (include/parley/core/packed_ids.h)
    PRIMARY KEY (workspace_id, word, first_id)
) STRICT, WITHOUT ROWID;
