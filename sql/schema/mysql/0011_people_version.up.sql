-- As sqlite/0011_people_version.up.sql.
CREATE TABLE people_version (
    id BIGINT NOT NULL,
    version BIGINT NOT NULL,
    PRIMARY KEY (id)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
INSERT INTO people_version (id, version) VALUES (1, 1);
