/* What has come into chats since somebody read them. */
#ifndef PARLEY_APP_DOMAIN_CHAT_SINCE_H
#define PARLEY_APP_DOMAIN_CHAT_SINCE_H

#include "parley/domain/talk/chat.h"

/*
 * Counts what is unread and who is mentioned there, for those of the chats of which the user is in and has not read everything:
 * a statement for each 8 of them, mostly none at all.
 */
enum err chats_count(struct ctx *ctx, const struct membership *m, int64_t user_id, struct chat *chats,
                     size_t count) MUST_CHECK;

#endif
