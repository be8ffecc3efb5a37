/*
 * Putting a chat away: out of the lists of chats and of what is unread; who may read it still does, finds it, and takes what is
 * in it along; nothing new is written in it: messages, edits, reactions, pins (ERR_CHAT_ARCHIVED). Any thread, no transaction
 * open.
 */
#ifndef PARLEY_DOMAIN_CHAT_ARCHIVE_H
#define PARLEY_DOMAIN_CHAT_ARCHIVE_H

#include "parley/core/ctx.h"
#include "parley/domain/talk/chat.h"
#include "parley/domain/talk/chat_change.h"

enum chat_shelf { CHAT_IN_USE, CHAT_ARCHIVED };
/*
 * Needs CHAT_PUT_AWAY. What is so already stays as it is. target->if_version is not looked at. Errors of the database, and what
 * chat_require returns.
 */
enum err chat_archive(struct ctx *ctx, const struct chat_target *target, enum chat_shelf shelf,
                      struct chat *ret_chat) MUST_CHECK;

#endif
