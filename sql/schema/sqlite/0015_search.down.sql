DROP TABLE index_queue;
DROP TABLE words;
