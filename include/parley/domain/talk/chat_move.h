/* Moving a chat from one workspace to another, with its messages and files. */
#ifndef PARLEY_DOMAIN_CHAT_MOVE_H
#define PARLEY_DOMAIN_CHAT_MOVE_H

#include "parley/core/ctx.h"
#include "parley/core/ids.h"
#include "parley/domain/record/principal.h"
#include "parley/domain/talk/chat.h"
#include "parley/domain/workspaces/member.h"

struct chat_move_opts {
    const struct membership *from;
    const struct principal *principal;
    struct uuid chat;
    struct uuid to; /* the workspace */
};
/*
 * Needs CHAT_MANAGE where the chat is and the role MEMBER where it goes, with a second factor if that workspace asks for
 * one. All rows in one transaction, in statements of bounded size; objects keep their keys. Of a chat that is not
 * everyone's, those stay members who are in the other workspace too, and the caller. Of one that is, those who come to it by that have read it.
 * Moving a chat to where it is changes nothing.
 * ERR_WORKSPACE_NOT_FOUND (the other one), ERR_SECOND_FACTOR, ERR_DIRECT_CHAT, ERR_LIMIT (more than CHAT_MOVE_MESSAGES_MAX messages), what
 * chat_require returns, and db.h's. Any thread. The result is in the request arena.
 */
enum err chat_move(struct ctx *ctx, const struct chat_move_opts *opts, struct chat *ret_chat) MUST_CHECK;

#endif
