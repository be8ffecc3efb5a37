/*
 * What was last read of a caller's place in a workspace, and in one of its chats. An entry is a guess, never a right: whoever
 * uses it has the statement that does the work ask for the two versions at which it was read (chat_ref.seen_workspace,
 * sql/queries/messages.sql) and refuses where they have moved. The gate answers no refusal that rests on a guess: it reads
 * afresh and runs the handler again. So a right counts, and is gone, at once, on any number of processes.
 *
 * For that, workspaces.version moves with each change of a member, a role, require_2fa and the workspace's deletion, and
 * chats.version with each change of the chat's members, its join mode, its workspace and its deletion. Posting moves
 * neither: last_seq and message_count of an entry are hints. Any thread.
 */
#ifndef PARLEY_DOMAIN_ACCESS_CACHE_H
#define PARLEY_DOMAIN_ACCESS_CACHE_H

#include "parley/core/ctx.h"
#include "parley/core/keyed_cache.h"
#include "parley/domain/workspaces/member.h"

/* NULL without memory. */
struct keyed_cache *access_cache_new(void);

/*
 * What chat_access_load or, where chat is NULL, member_find found last, as a guess (is_guess, chat->seen_workspace). False:
 * nothing is known.
 */
bool access_recall(struct ctx *ctx, const struct uuid *workspace, const struct uuid *chat, int64_t user_id,
                   struct membership *ret_membership);
/* Keeps what one of those two has found; nothing where there was no such chat. */
void access_remember(struct ctx *ctx, const struct uuid *chat, int64_t user_id, const struct membership *m);

#endif
