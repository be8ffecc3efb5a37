/*
 * A chat, taken along by somebody who may read it: the chat, then all its messages from the first to the newest of when it
 * began, a piece at a time. How it looks is the caller's business (shapes/chat_export_encode.h).
 */
#ifndef PARLEY_DOMAIN_CHAT_EXPORT_H
#define PARLEY_DOMAIN_CHAT_EXPORT_H

#include "parley/domain/lifecycle/export_guard.h"
#include "parley/domain/talk/chat.h"
#include "parley/domain/talk/message_walk.h"

struct chat_export {
    struct chat chat; /* as its reader sees it; without messages */
    struct chat_ref ref;
    struct message_walk walk;
    struct export_guard guard;
};

struct chat_export_opts {
    const struct membership *membership; /* read afresh */
    const struct principal *principal;
    struct uuid chat;
    struct str format; /* for the audit log */
};
/*
 * Writes the audit log's row. The result is in the request arena, and borrows the texts of the chat from it.
 * Errors of chat_require for CHAT_READ.
 */
enum err chat_export_begin(struct ctx *ctx, const struct chat_export_opts *opts,
                           struct chat_export **ret_export) MUST_CHECK;
/*
 * The next messages (struct message), in ctx->arena; none: these were all. last_bytes and errors: export_guard_check.
 */
enum err chat_export_next(struct ctx *ctx, struct chat_export *export, size_t last_bytes,
                          struct list *ret_messages) MUST_CHECK;

#endif
