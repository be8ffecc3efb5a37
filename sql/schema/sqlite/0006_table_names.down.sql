ALTER TABLE idempotency_keys RENAME COLUMN resource_uuid TO thing;
ALTER TABLE idempotency_keys RENAME TO idempotency;
ALTER TABLE singletons RENAME TO once;
