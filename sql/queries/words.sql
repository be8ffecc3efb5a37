-- The words of messages: written and removed.

-- What becomes of a message's words, told in the transaction that changes it. Old content NULL: it is new.
-- name: index_queue_add
INSERT INTO index_queue (message_id, workspace_id, old_content) VALUES (?, ?, ?)

-- The same for many that go, or move, with the statement behind it.
-- name: index_queue_add_to_seq
INSERT INTO index_queue (message_id, workspace_id, old_content)
SELECT m.id, m.workspace_id, m.content FROM messages m
WHERE m.chat_id = ? AND m.workspace_id = ? AND m.seq > ? AND m.seq <= ? AND m.content <> '' ORDER BY m.seq

-- name: index_queue_add_of_sender
INSERT INTO index_queue (message_id, workspace_id, old_content)
SELECT m.id, m.workspace_id, m.content FROM messages m
WHERE m.sender_id = ? AND m.chat_id = ? AND m.workspace_id = ? AND m.id <= ? AND m.content <> '' ORDER BY m.id

-- ? is a time, as of all such statements; it is above all numbers of rows.
-- name: work_words
SELECT id FROM index_queue WHERE id <= ? ORDER BY id LIMIT 1

-- The newest first: after an update all messages wait here, and what is written now is found now.
-- name: index_queue_next
-- tenant: none, the job writes the words of every workspace
SELECT q.id, q.message_id, q.workspace_id AS old_workspace_id, q.old_content, m.workspace_id, m.chat_id, m.content
FROM (SELECT id, message_id, workspace_id, old_content FROM index_queue ORDER BY id DESC LIMIT ?) AS q
    LEFT JOIN messages m ON m.id = q.message_id AND m.deleted_us IS NULL
ORDER BY q.id DESC

-- Who wants fewer than 32 names one again.
-- name: index_queue_done
DELETE FROM index_queue WHERE id IN
    (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)

-- Rows that are there already stay. Who has fewer than 32 gives one again.
-- name: words_insert
INSERT INTO words (workspace_id, word, message_id, chat_id)
VALUES
    (?, ?, ?, ?), (?, ?, ?, ?), (?, ?, ?, ?), (?, ?, ?, ?), (?, ?, ?, ?), (?, ?, ?, ?), (?, ?, ?, ?), (?, ?, ?, ?),
    (?, ?, ?, ?), (?, ?, ?, ?), (?, ?, ?, ?), (?, ?, ?, ?), (?, ?, ?, ?), (?, ?, ?, ?), (?, ?, ?, ?), (?, ?, ?, ?),
    (?, ?, ?, ?), (?, ?, ?, ?), (?, ?, ?, ?), (?, ?, ?, ?), (?, ?, ?, ?), (?, ?, ?, ?), (?, ?, ?, ?), (?, ?, ?, ?),
    (?, ?, ?, ?), (?, ?, ?, ?), (?, ?, ?, ?), (?, ?, ?, ?), (?, ?, ?, ?), (?, ?, ?, ?), (?, ?, ?, ?), (?, ?, ?, ?)
-- @mysql
ON DUPLICATE KEY UPDATE chat_id = chat_id
-- @sqlite
ON CONFLICT (workspace_id, word, message_id) DO NOTHING

-- name: words_delete
DELETE FROM words WHERE workspace_id = ? AND message_id = ? AND word IN
    (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)

-- Runs (app/domain/talk/word_runs.h). What is put together is locked, so that it is not removed meanwhile.

-- Words behind a place in the index.
-- name: words_pack_page
SELECT word, message_id FROM words
WHERE workspace_id = ? AND word >= ? AND (word > ? OR message_id > ?) ORDER BY word, message_id LIMIT ?

-- name: words_of_span
SELECT message_id, chat_id FROM words
WHERE workspace_id = ? AND word = ? AND message_id >= ? AND message_id <= ? ORDER BY message_id
-- @mysql
FOR UPDATE

-- Those that a span of messages lies in or reaches: the last that begins before it, and those that begin in it.
-- name: word_runs_of_span
SELECT first_id, last_id, ids FROM word_runs
WHERE workspace_id = ? AND word = ? AND first_id <= ? AND first_id >= COALESCE((SELECT MAX(f.first_id) FROM word_runs f
    WHERE f.workspace_id = ? AND f.word = ? AND f.first_id <= ?), 0)
ORDER BY first_id LIMIT ?
-- @mysql
FOR UPDATE

-- name: word_run_insert
INSERT INTO word_runs (workspace_id, word, first_id, last_id, id_count, ids) VALUES (?, ?, ?, ?, ?, ?)

-- Who wants fewer than 16 names one again.
-- name: word_runs_delete
DELETE FROM word_runs WHERE workspace_id = ? AND word = ? AND first_id IN (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)

-- Who wants fewer than 32 names one again.
-- name: words_unlist
DELETE FROM words WHERE workspace_id = ? AND word = ? AND message_id IN
    (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)

-- `parley reindex`. It begins with the runs, which it takes apart.
-- name: word_runs_next
-- tenant: none, the words of every workspace are written anew
SELECT workspace_id, word, first_id, ids FROM word_runs ORDER BY workspace_id, word, first_id LIMIT ?
-- @mysql
FOR UPDATE

-- Held to the commit: whoever edits one of them waits, and queues it then.
-- name: reindex_messages
-- tenant: none, the words of every workspace are written anew
SELECT m.id, m.workspace_id, m.chat_id, m.content FROM messages m
WHERE m.id > ? AND m.deleted_us IS NULL ORDER BY m.id LIMIT ?
-- @mysql
LOCK IN SHARE MODE

-- name: reindex_last_id
-- tenant: none, the words of every workspace are written anew
SELECT COALESCE(MAX(id), 0) FROM messages

-- name: reindex_place
SELECT value FROM singletons WHERE name = ?

-- name: reindex_begin
INSERT INTO singletons (name, value, created_us) VALUES (?, ?, ?)

-- name: reindex_go_on
UPDATE singletons SET value = ? WHERE name = ?

-- name: reindex_end
DELETE FROM singletons WHERE name = ?

-- Words behind a place in the index, with their messages' texts (NULL: it is gone, or in another workspace by now). Held to
-- the commit, too.
-- name: words_page
SELECT i.word, i.message_id, m.content
FROM (SELECT w.workspace_id AS workspace_id, w.word AS word, w.message_id AS message_id FROM words w
        WHERE w.workspace_id = ? AND w.word >= ? AND (w.word > ? OR w.message_id > ?)
        ORDER BY w.word, w.message_id LIMIT ?) AS i
    LEFT JOIN messages m ON m.id = i.message_id AND m.workspace_id = i.workspace_id AND m.deleted_us IS NULL
ORDER BY i.word, i.message_id
-- @mysql
LOCK IN SHARE MODE

-- name: words_next_workspace
SELECT MIN(workspace_id) FROM words WHERE workspace_id > ?
