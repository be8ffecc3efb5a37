ALTER TABLE once RENAME TO singletons;
ALTER TABLE idempotency RENAME TO idempotency_keys;
ALTER TABLE idempotency_keys RENAME COLUMN thing TO resource_uuid;
