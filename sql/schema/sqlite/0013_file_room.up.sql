-- How many bytes of files a person has.
CREATE INDEX attachments_of_uploader ON attachments (uploader_id, size_bytes);
