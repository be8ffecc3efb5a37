/* "… is writing": told to those who have a stream open, in chats of up to TYPING_MEMBERS_MAX, and stored nowhere. */
#ifndef PARLEY_DOMAIN_TYPING_H
#define PARLEY_DOMAIN_TYPING_H

#include "parley/core/ctx.h"
#include "parley/core/keyed_cache.h"
#include "parley/domain/talk/chat.h"

/* Who was told of lately in this process. NULL without memory. */
struct keyed_cache *typing_cache_new(void);
/*
 * Tells that a user is writing in a chat that they may write in; once in TYPING_S, and nothing in a larger chat. One statement at
 * most. Errors of the database. Any thread.
 */
enum err typing_tell(struct ctx *ctx, const struct principal *principal, const struct chat_ref *chat) MUST_CHECK;
/*
 * Another process says that a user is writing, not over the bus: tells the streams of this one. chat: its id, uuid, workspace_id
 * and join. One statement. Errors of the database.
 */
enum err typing_hear(struct ctx *ctx, const struct chat_ref *chat, const struct uuid *user) MUST_CHECK;

#endif
