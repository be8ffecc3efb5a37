-- A + before workspace_id keeps SQLite from searching the whole workspace: the chat is the narrower key.

-- name: chat_member_list
SELECT {member, joined_us = c.joined_us}
FROM chat_members c JOIN members m ON m.workspace_id = c.workspace_id AND m.user_id = c.user_id
    JOIN users u ON u.id = c.user_id
WHERE c.chat_id = ? AND c.user_id > ? AND c.workspace_id = ?
ORDER BY c.user_id LIMIT ?

-- name: chat_member_insert
-- event: member.joined
INSERT INTO chat_members (chat_id, user_id, workspace_id, joined_us) VALUES (?, ?, ?, ?)

-- name: chat_member_delete
-- event: member.left
DELETE FROM chat_members WHERE chat_id = ? AND user_id = ? AND workspace_id = ?

-- name: chat_member_any
SELECT user_id FROM chat_members WHERE chat_id = ? AND +workspace_id = ? LIMIT 1

-- Who is not in the workspace that the chat goes to stays behind.
-- name: chat_members_left_behind
SELECT user_id FROM chat_members WHERE chat_id = ? AND +workspace_id = ? AND NOT EXISTS
    (SELECT 1 FROM members m WHERE m.workspace_id = ? AND m.user_id = chat_members.user_id)

-- name: chat_member_leave_behind
-- event: member.left
DELETE FROM chat_members WHERE chat_id = ? AND +workspace_id = ? AND NOT EXISTS
    (SELECT 1 FROM members m WHERE m.workspace_id = ? AND m.user_id = chat_members.user_id)

-- name: chat_member_move
-- event: none, because chat_move tells of the chat with all that is in it
UPDATE chat_members SET workspace_id = ? WHERE chat_id = ? AND +workspace_id = ?
