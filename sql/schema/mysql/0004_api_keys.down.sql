DELETE FROM once WHERE name = 'administrators';
DROP TABLE api_keys;
