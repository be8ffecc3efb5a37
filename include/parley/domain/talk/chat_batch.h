/* Chats of any workspaces, read together: what the event log tells of. Rights are the caller's business. */
#ifndef PARLEY_DOMAIN_CHAT_BATCH_H
#define PARLEY_DOMAIN_CHAT_BATCH_H

#include "parley/core/ctx.h"
#include "parley/core/list.h"

/*
 * Up to EVENT_BATCH_MAX chats by their integer keys, as nobody in particular sees them: without their last messages (struct
 * chat, in no order; who is not there any more is left out). In the arena. One statement. Errors of the database.
 */
enum err chat_batch_load(struct ctx *ctx, const int64_t *ids, size_t count, struct list *ret_chats) MUST_CHECK;

#endif
