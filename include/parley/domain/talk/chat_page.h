/* A chat together with its newest messages. */
#ifndef PARLEY_DOMAIN_CHAT_PAGE_H
#define PARLEY_DOMAIN_CHAT_PAGE_H

#include "parley/domain/talk/chat.h"

/*
 * chat_get with the chat's newest PAGE_DEFAULT messages, oldest first, all of one moment; none for whoever may not read
 * them. Errors of chat_get. Two statements in one reading transaction. Results are in the request arena.
 */
enum err chat_page_get(struct ctx *ctx, const struct membership *m, int64_t user_id, const struct uuid *chat,
                       struct chat *ret_chat) MUST_CHECK;

#endif
