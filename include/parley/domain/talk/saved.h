/*
 * Messages that somebody keeps for themselves; nobody else hears of it. Those that one may no longer read are not listed, and go
 * with their message, with the membership in the workspace, and with whoever kept them. Told to one's own streams.
 *
 * All functions: any thread, no transaction open; errors of the database (parley/db/db.h) besides those that are named. Results
 * are in the request arena.
 */
#ifndef PARLEY_DOMAIN_SAVED_H
#define PARLEY_DOMAIN_SAVED_H

#include <stdint.h>

#include "parley/core/ctx.h"
#include "parley/core/ids.h"
#include "parley/core/list.h"
#include "parley/domain/talk/message.h"

/* By whom, and in which workspace. */
struct saved_owner {
    const struct membership *m;
    int64_t user_id;
};

/*
 * Again, or of what is not saved, changes nothing. ERR_MESSAGE_NOT_FOUND: also where one may not read it; what one has saved can
 * be removed all the same. ERR_LIMIT: SAVED_MAX.
 */
enum err saved_put(struct ctx *ctx, const struct saved_owner *owner, const struct uuid *message) MUST_CHECK;
enum err saved_remove(struct ctx *ctx, const struct saved_owner *owner, const struct uuid *message) MUST_CHECK;

struct saved_message {
    int64_t id;
    int64_t saved_us;
    struct message message;
};
struct saved_range {
    int64_t before_id; /* keyset: ids below it; INT64_MAX: from the last saved */
    int64_t limit;
};
/* One's own (struct saved_message), the last saved first. One statement, and those for what hangs on messages. */
enum err saved_list(struct ctx *ctx, const struct saved_owner *owner, const struct saved_range *range,
                    struct list *ret_list) MUST_CHECK;

#endif
