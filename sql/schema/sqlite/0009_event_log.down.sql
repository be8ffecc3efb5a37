DROP TABLE sequencer;
DROP TABLE event_log;
