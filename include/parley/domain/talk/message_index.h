/*
 * The index in which messages are looked for by their words (tables words and word_runs, into which word_pack.h puts what many
 * messages have; search.h looks). Each change of a text leaves a row in index_queue in its own transaction, and the job writes
 * words from there. Until it has, the index is wrong, and it may be: whoever looks proves each hit on the message itself.
 *
 * Errors of the database (parley/db/db.h). Any thread.
 */
#ifndef PARLEY_DOMAIN_MESSAGE_INDEX_H
#define PARLEY_DOMAIN_MESSAGE_INDEX_H

#include <stdint.h>

#include "parley/core/ctx.h"
#include "parley/db/db.h"

/*
 * In the transaction that writes a message's text, edits or deletes it. workspace_id: its present one. old_content: the text
 * before that; absent: there was none.
 */
enum err message_index_add(struct ctx *ctx, int64_t workspace_id, int64_t message_id,
                           struct str old_content) MUST_CHECK;
/*
 * The same for many, before they are removed or moved to another workspace: statement is one of index_queue_add_… with its
 * args.
 */
enum err message_index_add_found(struct ctx *ctx, enum sql statement, struct db_args args) MUST_CHECK;

/*
 * A job's batch: the words of up to INDEX_BATCH_ROWS rows of the queue. One at a time of all processes (a job's lease): a
 * second one could write words of a text that is gone. *ret_count: rows done.
 */
enum err message_index_step(struct ctx *ctx, int64_t *ret_count) MUST_CHECK;

#endif
