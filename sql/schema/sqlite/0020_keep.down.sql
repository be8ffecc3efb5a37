-- An object has one row again: the oldest.
DELETE FROM attachments WHERE id NOT IN (SELECT MIN(id) FROM attachments GROUP BY object_key);
DROP INDEX attachments_of_uploader;
DROP INDEX attachments_size;
DROP INDEX attachments_object;
CREATE UNIQUE INDEX attachments_object ON attachments (object_key);
CREATE INDEX attachments_size ON attachments (workspace_id, size_bytes);
CREATE INDEX attachments_of_uploader ON attachments (uploader_id, size_bytes);
DROP TABLE scheduled;
DROP TABLE saved;
DROP TABLE forward_authors;
DROP TABLE forwards;
ALTER TABLE messages DROP COLUMN has_saves;
ALTER TABLE messages DROP COLUMN is_forwarded;
ALTER TABLE chats DROP COLUMN forked_message_id;
ALTER TABLE chats DROP COLUMN forked_chat_id;
ALTER TABLE chats DROP COLUMN archived_us;
