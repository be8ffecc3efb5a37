/* A message that is named without its chat. Private to the folder. */
#ifndef PARLEY_APP_DOMAIN_MESSAGE_REACH_H
#define PARLEY_APP_DOMAIN_MESSAGE_REACH_H

#include "parley/domain/talk/chat.h"

/*
 * Inside db_run: the chat of a living message of the workspace, for a user who may read it; both are held to the commit
 * (chat_require_held). ERR_MESSAGE_NOT_FOUND, whatever of it is not so; where a right is lost at this very moment what
 * chat_require_held returns.
 */
enum err message_reach(struct ctx *ctx, const struct membership *m, int64_t user_id, const struct uuid *message,
                       struct chat_ref *ret_chat) MUST_CHECK;

#endif
