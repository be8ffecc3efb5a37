ALTER TABLE users DROP COLUMN names_folded;
