/*
 * Workspaces that keep messages for so many days only (workspaces.retention_days). In each of their chats what goes is the
 * beginning: from the first message on all that are older, up to the first one that is not. With it go its files, its earlier
 * texts, its words in the index; seqs leave holes, and each message is told as deleted. The audit log gets one row for each
 * workspace and run, with what went.
 *
 * Errors of the database (parley/db/db.h).
 */
#ifndef PARLEY_DOMAIN_RETENTION_H
#define PARLEY_DOMAIN_RETENTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "parley/core/ctx.h"

struct retention_preview {
    int64_t days;      /* of which it is */
    int64_t before_us; /* what is older goes */
    int64_t message_count, file_count, byte_count;
};
/*
 * What a run at this moment would remove, counted by the rule by which it removes. A statement for every 100 chats, and three
 * for each in which something goes. Any thread.
 */
enum err retention_preview(struct ctx *ctx, int64_t workspace_id, int64_t days,
                           struct retention_preview *ret_preview) MUST_CHECK;

enum { RETENTION_CHATS_AT_ONCE = 100 };

/* Where a run is. All zero at its beginning. */
struct retention_run {
    int64_t workspace_id; /* that is being looked through, or was last */
    int64_t days;         /* of it; 0: it is done */
    int64_t before_us;
    int64_t chat_id; /* the last of those that were found */
    int64_t chats[RETENTION_CHATS_AT_ONCE];
    size_t chat_count, chat_at;
};
/*
 * One piece of the run, of bounded size. What is cut off is gone on with by the next run. A workspace whose setting has
 * changed since its turn began loses nothing more in this one. *ret_count 0: the run is over. For the job.
 */
enum err retention_step(struct ctx *ctx, struct retention_run *run, int64_t *ret_count) MUST_CHECK;

#endif
