-- What may be spent by a key (0), a user (1), or in a workspace (2). All in millionths of the currency.
-- columns: budget_row = b.period, b.limit_micros, b.spent_micros, b.reserved_micros, b.period_end_us, b.version

-- name: budget_get
SELECT {budget_row} FROM budgets b WHERE b.kind = ? AND b.subject_id = ?

-- Of another period: it begins anew at its end, and what was spent stays till then. The period's end is set before the period, since
-- MySQL goes from left to right.
-- name: budget_set
-- @mysql
INSERT INTO budgets (kind, subject_id, workspace_id, key_id, period, limit_micros, period_end_us) VALUES (?, ?, ?, ?, ?, ?, ?)
ON DUPLICATE KEY UPDATE period_end_us = CASE WHEN period = VALUES(period) THEN period_end_us ELSE VALUES(period_end_us) END,
    period = VALUES(period), limit_micros = VALUES(limit_micros), version = version + 1
-- @sqlite
INSERT INTO budgets (kind, subject_id, workspace_id, key_id, period, limit_micros, period_end_us) VALUES (?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (kind, subject_id) DO UPDATE SET
    period_end_us = CASE WHEN period = excluded.period THEN period_end_us ELSE excluded.period_end_us END,
    period = excluded.period, limit_micros = excluded.limit_micros, version = version + 1

-- name: budget_delete
DELETE FROM budgets WHERE kind = ? AND subject_id = ?

-- Takes so much aside, or changes no row. What was spent is set before the period's end is, by which it is judged: MySQL goes from
-- left to right and sees what it has set.
-- name: budget_reserve
UPDATE budgets SET spent_micros = CASE WHEN period_end_us <= ? THEN 0 ELSE spent_micros END, reserved_micros = reserved_micros + ?,
    period_end_us = CASE WHEN period_end_us > ? THEN period_end_us WHEN period = 0 THEN ? ELSE ? END
WHERE kind = ? AND subject_id = ?
    AND limit_micros >= CASE WHEN period_end_us <= ? THEN 0 ELSE spent_micros END + reserved_micros + ?

-- Puts what it cost in the place of what was taken aside.
-- name: budget_settle
UPDATE budgets SET spent_micros = CASE WHEN period_end_us <= ? THEN 0 ELSE spent_micros END + ?,
    reserved_micros = CASE WHEN reserved_micros > ? THEN reserved_micros - ? ELSE 0 END,
    period_end_us = CASE WHEN period_end_us > ? THEN period_end_us WHEN period = 0 THEN ? ELSE ? END
WHERE kind = ? AND subject_id = ?

-- ---- what is taken aside for an answer ----

-- name: generation_insert
INSERT INTO generations (message_id, workspace_id, chat_id, user_id, key_id, model_id, holder, lease_until_us, reserved_micros,
    reserved_kinds, created_us)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)

-- columns: claim_row = g.workspace_id, g.user_id, g.key_id, g.reserved_micros, g.reserved_kinds

-- name: generation_claim
SELECT {claim_row} FROM generations g WHERE g.id = ?

-- name: generation_settle
-- tenant: none, whoever works on it knows its number
UPDATE generations SET settled = 1 WHERE id = ? AND settled = 0

-- name: generation_raise
-- tenant: none, whoever works on it knows its number
UPDATE generations SET reserved_micros = reserved_micros + ? WHERE id = ? AND settled = 0
