ALTER TABLE attachments DROP INDEX attachments_of_uploader;
