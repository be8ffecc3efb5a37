-- Who does a kind of work at the moment (include/parley/domain/record/lease.h).

-- name: lease_insert
INSERT INTO job_leases (name, holder, until_us) VALUES (?, ?, ?)

-- name: lease_take
UPDATE job_leases SET holder = ?, until_us = ? WHERE name = ? AND (until_us <= ? OR holder = ?)

-- name: lease_release
UPDATE job_leases SET until_us = 0 WHERE name = ? AND holder = ?
