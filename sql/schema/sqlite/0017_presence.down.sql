DROP TABLE signals;
DROP TABLE presence;
DROP TABLE nodes;
