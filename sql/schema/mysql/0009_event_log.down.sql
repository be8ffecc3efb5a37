DROP TABLE sequencer;
DROP TABLE event_log;
DROP TABLE outbox;
