DROP TABLE audit_erasures;
DROP TABLE audit_head;
DROP TABLE audit;
