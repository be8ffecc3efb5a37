DROP INDEX attachments_of_uploader;
