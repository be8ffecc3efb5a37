/*
 * Members of a chat. With CHAT_JOIN_WORKSPACE these are the workspace's, and nobody joins or leaves; otherwise each has a
 * row. Whatever adds or removes one takes the chat's lock. A foreign key from a chat's members to the workspace's holds
 * that nobody is in a chat of a workspace that they are not in. Nobody joins or leaves a direct chat: ERR_DIRECT_CHAT.
 *
 * Every function here: any thread; ERR_DATABASE, ERR_BUSY, ERR_NO_MEMORY and ERR_COMMIT_UNKNOWN as db.h says, and
 * ERR_CHAT_NOT_FOUND and ERR_FORBIDDEN as chat_require does. Results are in the request arena.
 */
#ifndef PARLEY_DOMAIN_CHAT_MEMBER_H
#define PARLEY_DOMAIN_CHAT_MEMBER_H

#include <stdint.h>

#include "parley/core/ctx.h"
#include "parley/core/ids.h"
#include "parley/core/list.h"
#include "parley/domain/talk/chat.h"
#include "parley/domain/workspaces/member.h"

/*
 * Members (struct member, with their roles in the workspace) in the order in which their accounts were made, for whoever
 * may see the chat. Two statements.
 */
enum err chat_member_list(struct ctx *ctx, const struct membership *m, int64_t user_id, const struct uuid *chat,
                          const struct member_range *range, struct list *ret_list) MUST_CHECK;

/* Joins an open chat; who is in it already stays. ERR_NOT_JOINABLE: the chat is not an open one. */
enum err chat_member_join(struct ctx *ctx, const struct membership *m, int64_t user_id, const struct uuid *chat,
                          struct chat *ret_chat) MUST_CHECK;

/*
 * Puts a member of the workspace into an open or invite-only chat; needs CHAT_MANAGE. Who is in it already stays.
 * ERR_MEMBER_NOT_FOUND: not of this workspace. ERR_NOT_JOINABLE: everyone is in the chat anyway.
 */
enum err chat_member_put(struct ctx *ctx, const struct membership *m, int64_t user_id, const struct uuid *chat,
                         const struct uuid *member, struct member *ret_member) MUST_CHECK;

/*
 * Takes someone out: oneself, or with CHAT_MANAGE anyone. An invite-only chat that the last one leaves is deleted.
 * ERR_MEMBER_NOT_FOUND: not in the chat. ERR_NOT_JOINABLE: nobody can leave a chat that is everyone's.
 */
enum err chat_member_remove(struct ctx *ctx, const struct membership *m, int64_t user_id, const struct uuid *chat,
                            const struct uuid *member) MUST_CHECK;

/*
 * For other parts of the domain, inside db_run, with the chat's row locked or just made: puts a member of the workspace
 * into the chat; who is in it already stays. ERR_NOT_FOUND, with nothing written into the problem: not of this workspace.
 */
enum err chat_member_add(struct ctx *ctx, int64_t workspace_id, int64_t chat_id, int64_t user_id) MUST_CHECK;
/*
 * The same for a chat in which something may have been said: who comes into it has read that.
 *   workspace_id  where the chat is by now: not `chat`'s after a move
 *   chat          its last_seq as it is under the lock; integer key; the rest is not looked at
 */
enum err chat_member_come(struct ctx *ctx, int64_t workspace_id, const struct chat_ref *chat,
                          int64_t user_id) MUST_CHECK;

#endif
