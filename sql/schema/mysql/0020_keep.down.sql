DELETE a FROM attachments a JOIN attachments b ON b.object_key = a.object_key AND b.id < a.id;
ALTER TABLE attachments DROP KEY attachments_of_uploader, ADD KEY attachments_of_uploader (uploader_id, size_bytes),
    DROP KEY attachments_size, ADD KEY attachments_size (workspace_id, size_bytes), DROP KEY attachments_object,
    ADD UNIQUE KEY attachments_object (object_key);
DROP TABLE scheduled;
DROP TABLE saved;
DROP TABLE forward_authors;
DROP TABLE forwards;
ALTER TABLE messages DROP COLUMN has_saves, DROP COLUMN is_forwarded;
ALTER TABLE chats DROP COLUMN forked_message_id, DROP COLUMN forked_chat_id, DROP COLUMN archived_us;
