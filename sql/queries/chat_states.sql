-- One's own state of a chat (o): how far one has read, and what has come since, where something has. b: the caller's row of
-- members. Unread is last_seq - read_seq - gap_count; mentions are counted in two, since MariaDB answers IN by walking the chat.
-- columns: chat_own = o.read_seq, o.notify, o.starred, o.draft
-- columns: chat_since = (SELECT COUNT(*) FROM chat_gaps g WHERE g.chat_id = c.id AND g.seq > COALESCE(o.read_seq,
--         0)) AS gap_count,
--     (SELECT COUNT(*) FROM mentions n WHERE n.chat_id = c.id AND n.user_id = b.user_id AND n.seq > COALESCE(o.read_seq,
--         0)) AS own_mentions,
--     (SELECT COUNT(*) FROM mentions n WHERE n.chat_id = c.id AND n.user_id = 0 AND n.seq > COALESCE(o.read_seq,
--         0)) AS all_mentions

-- Of chats in which something is unread; who asks for fewer than 8 names one again. Nobody asks of the others: three counts
-- cost MariaDB as much as the rest of a chat.
-- name: chat_since_list
SELECT c.id, c.last_seq, o.read_seq, {chat_since}
FROM chats c JOIN members b ON b.workspace_id = c.workspace_id AND b.user_id = ?
    LEFT JOIN chat_states o ON o.workspace_id = c.workspace_id AND o.user_id = b.user_id AND o.chat_id = c.id
WHERE c.id IN (?, ?, ?, ?, ?, ?, ?, ?) AND c.workspace_id = ?

-- name: chat_state_get
SELECT {chat_own}, {chat_since}, c.last_seq
FROM chats c JOIN members b ON b.workspace_id = c.workspace_id AND b.user_id = ?
    LEFT JOIN chat_states o ON o.workspace_id = c.workspace_id AND o.user_id = b.user_id AND o.chat_id = c.id
WHERE c.id = ? AND c.workspace_id = ? AND c.deleted_us IS NULL

-- One's own state as it stands in the row, for the event that tells of it.
-- name: chat_state_row
SELECT read_seq, notify, starred, draft FROM chat_states WHERE workspace_id = ? AND user_id = ? AND chat_id = ?

-- name: chat_unread_list
SELECT {chat_own}, {chat_since}, c.last_seq, c.id, c.uuid
FROM chats c JOIN members b ON b.workspace_id = c.workspace_id AND b.user_id = ?
    LEFT JOIN chat_members m ON m.chat_id = c.id AND m.user_id = b.user_id
    LEFT JOIN chat_states o ON o.workspace_id = c.workspace_id AND o.user_id = b.user_id AND o.chat_id = c.id
WHERE c.workspace_id = ? AND c.deleted_us IS NULL AND c.id > ? AND (c.join_mode = 0 OR m.user_id IS NOT NULL)
    AND c.archived_us IS NULL
    AND c.last_seq > COALESCE(o.read_seq, 0) + (SELECT COUNT(*) FROM chat_gaps g
        WHERE g.chat_id = c.id AND g.seq > COALESCE(o.read_seq, 0))
ORDER BY c.id LIMIT ?

-- How far those in a chat have read: of a chat that is everyone's, and of another.
-- name: chat_marks_of_workspace
SELECT u.uuid, o.read_seq
FROM members b JOIN users u ON u.id = b.user_id
    LEFT JOIN chat_states o ON o.workspace_id = b.workspace_id AND o.user_id = b.user_id AND o.chat_id = ?
WHERE b.workspace_id = ? ORDER BY b.user_id LIMIT ?

-- name: chat_marks_of_chat
SELECT u.uuid, o.read_seq
FROM chat_members b JOIN users u ON u.id = b.user_id
    LEFT JOIN chat_states o ON o.workspace_id = b.workspace_id AND o.user_id = b.user_id AND o.chat_id = b.chat_id
WHERE b.chat_id = ? AND +b.workspace_id = ? ORDER BY b.user_id LIMIT ?

-- A read mark goes up only; one that stays writes nothing.
-- name: chat_state_read
-- event: none, because mark_on tells read unless the mark stood further on, which MySQL counts as changed all the same
-- @mysql
INSERT INTO chat_states (workspace_id, user_id, chat_id, read_seq, changed_us) VALUES (?, ?, ?, ?, ?)
ON DUPLICATE KEY UPDATE changed_us = CASE WHEN read_seq < VALUES(read_seq) THEN VALUES(changed_us) ELSE changed_us END,
    read_seq = GREATEST(read_seq, VALUES(read_seq))
-- @sqlite
INSERT INTO chat_states (workspace_id, user_id, chat_id, read_seq, changed_us) VALUES (?, ?, ?, ?, ?)
ON CONFLICT (workspace_id, user_id, chat_id) DO UPDATE SET read_seq = excluded.read_seq, changed_us = excluded.changed_us
WHERE excluded.read_seq > chat_states.read_seq

-- The same by what tells of itself anyway. Nearly always the row is there: then this costs the database half of an INSERT that
-- finds it in its way, and chat_state_begin is not asked.
-- name: chat_state_read_along
-- event: none, because message.created tells that its author has read so far, and member.joined who begins there
UPDATE chat_states SET changed_us = CASE WHEN read_seq < ? THEN ? ELSE changed_us END,
    read_seq = CASE WHEN read_seq < ? THEN ? ELSE read_seq END
WHERE workspace_id = ? AND user_id = ? AND chat_id = ?

-- Another device may have made it meanwhile.
-- name: chat_state_begin
-- event: none, because what chat_state_read_along stands for tells it
-- @mysql
INSERT INTO chat_states (workspace_id, user_id, chat_id, read_seq, changed_us) VALUES (?, ?, ?, ?, ?)
ON DUPLICATE KEY UPDATE changed_us = CASE WHEN read_seq < VALUES(read_seq) THEN VALUES(changed_us) ELSE changed_us END,
    read_seq = GREATEST(read_seq, VALUES(read_seq))
-- @sqlite
INSERT INTO chat_states (workspace_id, user_id, chat_id, read_seq, changed_us) VALUES (?, ?, ?, ?, ?)
ON CONFLICT (workspace_id, user_id, chat_id) DO UPDATE SET read_seq = excluded.read_seq, changed_us = excluded.changed_us
WHERE excluded.read_seq > chat_states.read_seq

-- The row, locked, whether it was there or not; then it is read and written.
-- name: chat_state_lock
-- event: none, because chat_state_set of the same transaction tells state
-- @mysql
INSERT INTO chat_states (workspace_id, user_id, chat_id, read_seq, changed_us) VALUES (?, ?, ?, 0, ?)
ON DUPLICATE KEY UPDATE changed_us = VALUES(changed_us)
-- @sqlite
INSERT INTO chat_states (workspace_id, user_id, chat_id, read_seq, changed_us) VALUES (?, ?, ?, 0, ?)
ON CONFLICT (workspace_id, user_id, chat_id) DO UPDATE SET changed_us = excluded.changed_us

-- name: chat_state_set
-- event: state
UPDATE chat_states SET read_seq = ?, notify = ?, starred = ?, draft = ?, changed_us = ?
WHERE workspace_id = ? AND user_id = ? AND chat_id = ?

-- Whoever comes into a workspace has read what was said in it before.
-- name: chat_states_of_newcomer
-- event: none, because member.joined tells it
INSERT INTO chat_states (workspace_id, user_id, chat_id, read_seq, changed_us)
SELECT c.workspace_id, ?, c.id, c.last_seq, ? FROM chats c
WHERE c.workspace_id = ? AND c.deleted_us IS NULL AND c.join_mode = 0 AND c.last_seq > 0

-- The same for those of the workspace to whom a chat comes by being everyone's; who has been in it keeps what they have,
-- be it nothing.
-- name: chat_states_of_opened
-- event: none, because chat.updated tells of the chat
INSERT INTO chat_states (workspace_id, user_id, chat_id, read_seq, changed_us)
SELECT m.workspace_id, m.user_id, ?, ?, ? FROM members m
WHERE m.workspace_id = ? AND NOT EXISTS (SELECT 1 FROM chat_members k WHERE k.chat_id = ? AND k.user_id = m.user_id)
-- @mysql
ON DUPLICATE KEY UPDATE read_seq = chat_states.read_seq
-- @sqlite
ON CONFLICT (workspace_id, user_id, chat_id) DO NOTHING

-- Those of the workspace who lose a chat by its being everyone's no longer: if they come back, they begin anew.
-- name: chat_states_of_shut
-- event: none, because join_mode.changed tells of the chat
DELETE FROM chat_states WHERE chat_id = ? AND +workspace_id = ? AND NOT EXISTS
    (SELECT 1 FROM chat_members k WHERE k.chat_id = chat_states.chat_id AND k.user_id = chat_states.user_id)

-- As chat_states_of_opened, by being moved into the workspace from another one.
-- name: chat_states_of_moved
-- event: none, because chat_move tells of the chat with all that is in it
INSERT INTO chat_states (workspace_id, user_id, chat_id, read_seq, changed_us)
SELECT m.workspace_id, m.user_id, ?, ?, ? FROM members m
WHERE m.workspace_id = ? AND NOT EXISTS (SELECT 1 FROM members k WHERE k.workspace_id = ? AND k.user_id = m.user_id)
-- @mysql
ON DUPLICATE KEY UPDATE read_seq = chat_states.read_seq
-- @sqlite
ON CONFLICT (workspace_id, user_id, chat_id) DO NOTHING

-- name: chat_state_delete
-- event: none, because member.left tells who has left
DELETE FROM chat_states WHERE workspace_id = ? AND user_id = ? AND chat_id = ?

-- Who is not in the workspace that the chat goes to takes it along.
-- name: chat_states_leave_behind
-- event: none, because chat_move tells of the chat with all that is in it
DELETE FROM chat_states WHERE chat_id = ? AND +workspace_id = ? AND NOT EXISTS
    (SELECT 1 FROM members m WHERE m.workspace_id = ? AND m.user_id = chat_states.user_id)

-- name: chat_states_move
-- event: none, because chat_move tells of the chat with all that is in it
UPDATE chat_states SET workspace_id = ? WHERE chat_id = ? AND +workspace_id = ?

-- name: chat_gap_insert
INSERT INTO chat_gaps (chat_id, seq, workspace_id) VALUES (?, ?, ?)

-- What the job erases of a sender; what has been deleted before has its gap.
-- name: chat_gaps_of_sender
INSERT INTO chat_gaps (chat_id, seq, workspace_id)
SELECT m.chat_id, m.seq, m.workspace_id FROM messages m
WHERE m.sender_id = ? AND m.chat_id = ? AND m.workspace_id = ? AND m.id <= ? AND m.deleted_us IS NULL

-- name: chat_gaps_move
UPDATE chat_gaps SET workspace_id = ? WHERE chat_id = ? AND workspace_id = ? AND seq > ? AND seq <= ?
