-- As sqlite/0013_file_room.up.sql.
ALTER TABLE attachments ADD INDEX attachments_of_uploader (uploader_id, size_bytes);
