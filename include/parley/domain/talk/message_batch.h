/* Messages of any chats, read together: what the event log tells of, what is found. Rights are the caller's business. */
#ifndef PARLEY_DOMAIN_MESSAGE_BATCH_H
#define PARLEY_DOMAIN_MESSAGE_BATCH_H

#include "parley/core/ctx.h"
#include "parley/core/ids.h"
#include "parley/core/list.h"

/*
 * Up to EVENT_BATCH_MAX messages by their public ids, tombstones too, signed and with their files (struct message, in no order;
 * who is not there is left out; a text over EVENT_DATA_MAX_BYTES is absent). In the arena. One statement, and one more for
 * each kind of part that there is (files, reactions, mentions). Errors of the database.
 *   user_id  who reads them, for whom `mine` of reactions is judged; 0: nobody, as in events
 */
enum err message_batch_load(struct ctx *ctx, int64_t user_id, const struct uuid *ids, size_t count,
                            struct list *ret_messages) MUST_CHECK;

#endif
