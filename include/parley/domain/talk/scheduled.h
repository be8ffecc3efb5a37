/*
 * Messages that wait for their time. Only their author sees, changes and withdraws them. A job sends each exactly once: the row
 * goes in the transaction that posts the message, which has the row's id. What cannot be sent then, because the author has lost
 * the right to, stays with the reason and is told to the author (event state); a change of it is another try. Who leaves the
 * workspace takes theirs along.
 *
 * All functions: any thread, no transaction open; errors of the database (parley/db/db.h) besides those that are named. Results
 * are in the request arena.
 */
#ifndef PARLEY_DOMAIN_SCHEDULED_H
#define PARLEY_DOMAIN_SCHEDULED_H

#include <stdint.h>

#include "parley/core/ctx.h"
#include "parley/core/ids.h"
#include "parley/core/list.h"
#include "parley/domain/record/idempotency.h"
#include "parley/domain/talk/message.h"

/* Why one was not sent. */
struct scheduled_failure {
    struct str code; /* of errors.def */
    int64_t at_us;
};

struct scheduled {
    int64_t id; /* integer key */
    struct uuid uuid;
    struct uuid chat;
    struct uuid reply_to; /* zero: none */
    struct str content;
    int64_t send_us;
    const struct scheduled_failure *failed; /* NULL: it waits */
    int64_t version;
    int64_t created_us, updated_us;
};

struct scheduled_draft {
    struct message_location location;
    struct str content;
    struct uuid reply_to;                  /* zero: none */
    int64_t send_us;                       /* SCHEDULE_MIN_S … SCHEDULE_MAX_DAYS from now */
    const struct idempotency_claim *claim; /* NULL: none */
};
/*
 * For whoever may write in the chat now. ERR_INVALID (the text, the time), ERR_LIMIT (SCHEDULED_MAX of one person), what
 * chat_require returns. A claim that was used before gives what was made then; ERR_SCHEDULED_NOT_FOUND: it has been sent, or
 * withdrawn.
 */
enum err scheduled_add(struct ctx *ctx, const struct scheduled_draft *draft,
                       struct scheduled *ret_scheduled) MUST_CHECK;

/* One of one's own. */
struct scheduled_target {
    const struct membership *m;
    const struct principal *principal;
    struct uuid scheduled;
    int64_t version; /* what If-Match named; 0: any */
};
/* ERR_SCHEDULED_NOT_FOUND: also somebody else's, and what has been sent. */
enum err scheduled_get(struct ctx *ctx, const struct scheduled_target *target,
                       struct scheduled *ret_scheduled) MUST_CHECK;

enum scheduled_field { SCHEDULED_CONTENT = 1, SCHEDULED_SEND_AT = 2 };
struct scheduled_change {
    unsigned fields; /* enum scheduled_field; the rest stays */
    struct str content;
    int64_t send_us;
};
/*
 * What is being sent at this moment is sent as it was, and is not found. One that could not be sent needs a new time.
 * ERR_SCHEDULED_NOT_FOUND, ERR_PRECONDITION, ERR_INVALID.
 */
enum err scheduled_put(struct ctx *ctx, const struct scheduled_target *target, const struct scheduled_change *change,
                       struct scheduled *ret_scheduled) MUST_CHECK;
/* ERR_SCHEDULED_NOT_FOUND: also where it has just been sent; ERR_PRECONDITION. */
enum err scheduled_withdraw(struct ctx *ctx, const struct scheduled_target *target) MUST_CHECK;

struct scheduled_range {
    int64_t after_us, after_id; /* keyset: send_us and id of the one before; 0, 0: from the first */
    int64_t limit;
};
/* One's own of the workspace (struct scheduled), the next first. */
enum err scheduled_list(struct ctx *ctx, const struct scheduled_target *owner, const struct scheduled_range *range,
                        struct list *ret_list) MUST_CHECK;

/* ---- the job ---- */

struct message_draft;
/* Posts one, inside db_run: post_unread of domain/assist/post.h, which stands above. */
typedef enum err (*scheduled_post_fn)(struct ctx *ctx, const struct message_draft *draft);
/* Sends the next one that is due, or notes why it cannot be. *ret_count 0: none is due. */
enum err scheduled_send_step(struct ctx *ctx, scheduled_post_fn post, int64_t *ret_count) MUST_CHECK;

struct db_row;
/* For statements that begin with {scheduled_view}. ERR_NO_MEMORY. */
enum err scheduled_read(struct ctx *ctx, const struct db_row *row, struct scheduled *ret_scheduled) MUST_CHECK;

#endif
