ALTER TABLE mails DROP COLUMN trace;
DROP TABLE posted_by;
DROP TABLE posted_minutes;
DROP TABLE figures;
