/*
 * The row of a chat: what is told of it, and its deletion, for whatever changes the chat or ends it with the last of its
 * members. All inside db_run, under the chat's lock or its workspace's. Errors of the database.
 */
#ifndef PARLEY_DOMAIN_CHAT_ROW_H
#define PARLEY_DOMAIN_CHAT_ROW_H

#include <stdint.h>

#include "parley/core/ctx.h"
#include "parley/core/ids.h"
#include "parley/domain/events/event.h"

struct chat_row {
    int64_t workspace_id;
    int64_t id;
    struct uuid uuid;
    int join; /* enum event_join (event_row.h): whom the event is for, also when the row is gone */
};

/* Tells that the chat was made, changed, archived or deleted, or that it is for others now: the join mode as detail. */
enum err chat_row_tell(struct ctx *ctx, enum event_kind kind, const struct chat_row *chat) MUST_CHECK;
/* Marks the chat as deleted, so that the job removes it, and tells it. */
enum err chat_row_delete(struct ctx *ctx, const struct chat_row *chat) MUST_CHECK;
/*
 * Under the workspace's lock: does so with the invite-only chats of which this user is the last member, as nobody could find
 * them again.
 */
enum err chat_row_delete_deserted(struct ctx *ctx, int64_t workspace_id, int64_t user_id) MUST_CHECK;

#endif
