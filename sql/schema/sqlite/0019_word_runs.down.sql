DROP TABLE word_runs;

-- What stood in it is written into words again.
INSERT INTO index_queue (message_id, workspace_id)
SELECT id, workspace_id FROM messages WHERE deleted_us IS NULL AND content <> '' ORDER BY id;
