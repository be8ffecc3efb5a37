/*
 * Messages that are pinned to their chat: by whoever may write there, at most PINS_MAX. Told as message.pinned, whose detail
 * is 1 or 0.
 *
 * Any thread; ERR_DATABASE, ERR_BUSY, ERR_NO_MEMORY and ERR_COMMIT_UNKNOWN as db.h says. Results are in the request arena.
 */
#ifndef PARLEY_DOMAIN_PIN_H
#define PARLEY_DOMAIN_PIN_H

#include "parley/core/ctx.h"
#include "parley/core/ids.h"
#include "parley/core/list.h"
#include "parley/domain/talk/message.h"

/*
 * Pins a message, or takes it off; where it is so already nothing changes. No transaction open. ERR_MESSAGE_NOT_FOUND;
 * ERR_LIMIT; what chat_require returns.
 */
enum err pin_put(struct ctx *ctx, const struct message_location *location, const struct uuid *message) MUST_CHECK;
enum err pin_remove(struct ctx *ctx, const struct message_location *location, const struct uuid *message) MUST_CHECK;

/* The pinned messages (struct message), the one that was pinned last first, for whoever may read the chat. */
enum err pin_list(struct ctx *ctx, const struct message_location *location, struct list *ret_list) MUST_CHECK;

#endif
