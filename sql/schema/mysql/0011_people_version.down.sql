DROP TABLE people_version;
