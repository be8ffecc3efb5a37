/*
 * Rows of the table word_runs: up to 256 messages of a word in one, which take a tenth of the room that they have one by one.
 * Those of a word do not overlap; a message that stands in one may stand in words, too. Private to the folder.
 */
#ifndef PARLEY_APP_DOMAIN_WORD_RUNS_H
#define PARLEY_APP_DOMAIN_WORD_RUNS_H

#include "parley/core/list.h"
#include "parley/core/packed_ids.h"
#include "parley/db/db.h"

/* A word in the messages of a workspace from one to another. */
struct word_span {
    int64_t workspace_id, first_id, last_id;
    struct str word;
};

/*
 * Adds the messages of a span of what a run's column `ids` holds (struct packed_id, ascending); its word and workspace are not looked at.
 * ERR_INVALID, with nothing written into the problem: it cannot be read. ERR_NO_MEMORY.
 */
enum err word_run_read(struct ctx *ctx, struct str ids, const struct word_span *span, struct list *items) MUST_CHECK;

/* Inside db_run: what stands in words of a span goes into runs, as far as RUNS_AT_ONCE of those that are there reach. */
enum err word_runs_pack(struct ctx *ctx, const struct word_span *span) MUST_CHECK;
/* Inside db_run: the run whose first message that is goes, with all that are in it. */
enum err word_run_delete(struct ctx *ctx, int64_t workspace_id, struct str word, int64_t first_id) MUST_CHECK;
/* Inside db_run: takes one message out of the run in which it is; it may be in none. */
enum err word_runs_remove(struct ctx *ctx, int64_t workspace_id, struct str word, int64_t message_id) MUST_CHECK;

#endif
