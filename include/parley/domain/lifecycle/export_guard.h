/*
 * What stands before each piece of an export that goes out: the rights of this moment (a lost session, membership or chat ends it
 * within EXPORT_LOOK_MS, and before its end in any case), and the pace of whoever reads it, who holds a worker meanwhile.
 */
#ifndef PARLEY_DOMAIN_EXPORT_GUARD_H
#define PARLEY_DOMAIN_EXPORT_GUARD_H

#include <stddef.h>
#include <stdint.h>

#include "parley/core/ctx.h"
#include "parley/domain/record/principal.h"
#include "parley/live/stream_rights.h"

struct export_guard {
    struct stream_rights rights;
    int64_t began_us, looked_us; /* monotonic */
    int64_t sent_bytes;
};

/* workspace_id, chat_id: integer keys; both 0: everything of the caller's own. */
void export_guard_begin(struct export_guard *guard, const struct principal *principal, int64_t workspace_id,
                        int64_t chat_id);
/* Of the last one the rights are asked for in any case: what was not found any more must not look like the end. */
enum export_piece { EXPORT_PIECE, EXPORT_LAST_PIECE };
/*
 * Behind the reading of a piece, so that what was read was allowed. Moves ctx->now_us on.
 *   last_bytes  of the piece before, which has been sent
 * ERR_FORBIDDEN: a right is gone. ERR_TIMEOUT: less than BODY_PACE_BYTES in BODY_PACE_S are taken. Errors of the database.
 */
enum err export_guard_check(struct ctx *ctx, struct export_guard *guard, enum export_piece piece,
                            size_t last_bytes) MUST_CHECK;

#endif
