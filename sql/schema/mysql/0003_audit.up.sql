-- The same tables as sqlite/0005_audit.up.sql, where the columns are explained.

CREATE TABLE audit (
    id BIGINT NOT NULL AUTO_INCREMENT,
    uuid BINARY(16) NOT NULL,
    at_us BIGINT NOT NULL,
    action VARBINARY(64) NOT NULL,
    actor BINARY(16),
    actor_key_id BIGINT,
    actor_name VARCHAR(256),
    ip VARCHAR(64),
    salt BINARY(16),
    digest BINARY(32) NOT NULL,
    target_kind VARBINARY(32),
    target BINARY(16),
    target_key_id BIGINT,
    request_id VARBINARY(64),
    details MEDIUMTEXT NOT NULL,
    position BIGINT,
    previous_hash BINARY(32),
    hash BINARY(32),
    PRIMARY KEY (id),
    UNIQUE KEY audit_position (position),
    KEY audit_at (at_us, id),
    KEY audit_action (action, at_us, id),
    KEY audit_actor (actor, at_us, id),
    KEY audit_target (target, at_us, id),
    KEY audit_target_key (target_key_id, id)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

CREATE TABLE audit_head (
    id BIGINT NOT NULL,
    position BIGINT NOT NULL,
    hash BINARY(32) NOT NULL,
    PRIMARY KEY (id)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
INSERT INTO audit_head (id, position, hash) VALUES (1, 0, x'0000000000000000000000000000000000000000000000000000000000000000');

CREATE TABLE audit_erasures (
    user BINARY(16) NOT NULL,
    from_us BIGINT NOT NULL,
    due_us BIGINT NOT NULL,
    PRIMARY KEY (user),
    KEY audit_erasures_due (due_us)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
