-- Changes that somebody may want to hear of. A row of outbox is written in the change's transaction; the relay moves
-- committed ones to event_log and numbers them without gaps, so that the order of positions is the order in which changes
-- became visible (app/db/mysql_relay.c). No foreign keys: what is deleted is told of, too.
CREATE TABLE outbox (
    id BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY,
    kind TINYINT UNSIGNED NOT NULL,
    workspace_id BIGINT,
    chat_id BIGINT,
    user_id BIGINT,
    subject BINARY(16),
    actor_id BIGINT,
    detail VARBINARY(64),
    at_us BIGINT NOT NULL
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

CREATE TABLE event_log (
    position BIGINT NOT NULL PRIMARY KEY,
    outbox_id BIGINT NOT NULL DEFAULT 0,
    kind TINYINT UNSIGNED NOT NULL,
    workspace_id BIGINT,
    chat_id BIGINT,
    user_id BIGINT,
    subject BINARY(16),
    actor_id BIGINT,
    detail VARBINARY(64),
    at_us BIGINT NOT NULL,
    KEY event_log_workspace (workspace_id, position)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- The one row whose lock orders the relays of all processes. The epoch is part of each public position: positions of another
-- one (a restored database would give them out again) are unknown here.
CREATE TABLE sequencer (
    id TINYINT NOT NULL PRIMARY KEY,
    last_position BIGINT NOT NULL,
    turns BIGINT NOT NULL,
    epoch BINARY(4) NOT NULL
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

INSERT INTO sequencer (id, last_position, turns, epoch)
VALUES (1, 0, 0, UNHEX(SUBSTR(SHA2(CONCAT(UUID(), RAND()), 256), 1, 8)));
