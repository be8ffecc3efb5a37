DROP TABLE notices;
DROP TABLE notice_settings;
DROP TABLE push_subscriptions;
