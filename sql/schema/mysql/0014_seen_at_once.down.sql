DROP TABLE message_versions;
DROP TABLE pins;
DROP TABLE reactions;
DROP TABLE mentions;
DROP TABLE chat_gaps;
DROP TABLE chat_states;
ALTER TABLE users DROP COLUMN status_until_us, DROP COLUMN status_emoji, DROP COLUMN status_text;
ALTER TABLE uploads DROP COLUMN height, DROP COLUMN width;
ALTER TABLE attachments DROP COLUMN height, DROP COLUMN width;
ALTER TABLE messages DROP KEY messages_root, DROP COLUMN nonce, DROP COLUMN pinned, DROP COLUMN has_reactions,
    DROP COLUMN has_mentions, DROP COLUMN mention_all, DROP COLUMN reply_count, DROP COLUMN root_id;
ALTER TABLE chats DROP KEY chats_direct, DROP COLUMN direct_ids, DROP COLUMN kind;
