/* What the messages of a page reply to, and where their threads begin. Private to the folder. */
#ifndef PARLEY_APP_DOMAIN_MESSAGE_REPLY_H
#define PARLEY_APP_DOMAIN_MESSAGE_REPLY_H

#include "parley/domain/talk/chat.h"
#include "parley/domain/talk/message.h"

/*
 * Fills in reply_to from reply_to_id, and root from root_id. No statement where there is no reply, or only to messages of the page; else one for
 * every 8 that are replied to.
 */
enum err replies_name(struct ctx *ctx, const struct chat_ref *chat, struct message *messages, size_t count) MUST_CHECK;

#endif
