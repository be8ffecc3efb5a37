/*
 * A chat that begins as another one did: everything up to a message, in a new chat of the same workspace. Messages keep their
 * numbers, times and authors, who may edit and delete the copies; deleted ones stay deleted. Files are shared (attachment.h);
 * reactions, pins, mentions and earlier texts do not come along. The new chat has the other one's settings and join mode. Where
 * not everyone of the workspace is in it, its maker alone is: they invite the others. Nothing of it is unread for anybody.
 *
 * Any thread, no transaction open; errors of the database (parley/db/db.h) besides those that are named.
 */
#ifndef PARLEY_DOMAIN_CHAT_FORK_H
#define PARLEY_DOMAIN_CHAT_FORK_H

#include <stdint.h>

#include "parley/core/ctx.h"
#include "parley/core/ids.h"
#include "parley/domain/record/idempotency.h"
#include "parley/domain/talk/chat.h"

struct chat_fork_opts {
    const struct membership *m;
    int64_t user_id;
    struct uuid chat;
    struct uuid message;                   /* the last one that comes along */
    struct str title;                      /* absent: the chat's own, which a direct chat has not */
    const struct idempotency_claim *claim; /* NULL: none */
};
/*
 * For whoever may read the chat and has the role MEMBER. One transaction, in which nothing is posted in the chat. A claim that was
 * used before answers with the chat of that time. ERR_MESSAGE_NOT_FOUND; ERR_INVALID (a direct chat without a title); ERR_LIMIT:
 * more than CHAT_FORK_MESSAGES_MAX messages or CHAT_FORK_FILES_MAX files; ERR_IDEMPOTENCY_BODY; what chat_require returns.
 */
enum err chat_fork(struct ctx *ctx, const struct chat_fork_opts *opts, struct chat *ret_chat) MUST_CHECK;

#endif
