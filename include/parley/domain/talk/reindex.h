/*
 * Writing the index of words anew (message_index.h), for `parley reindex`: first what the job has put together (word_pack.h) is
 * taken apart, then come the words of every message that is there, then what stands in the index and in no text is removed. Searches and the job go on meanwhile. How far it has come is
 * committed with each step, so that it can be cut off anywhere and gone on with.
 *
 * Errors of the database (parley/db/db.h), ERR_NO_MEMORY. One at a time.
 */
#ifndef PARLEY_DOMAIN_REINDEX_H
#define PARLEY_DOMAIN_REINDEX_H

#include <stdbool.h>
#include <stdint.h>

#include "parley/core/ctx.h"
#include "parley/core/words.h"

/* How far it is. */
enum reindex_part { REINDEX_RUNS, REINDEX_MESSAGES, REINDEX_SWEEP };
struct reindex {
    enum reindex_part part;
    int64_t message_id;   /* the last one that is done; sweeping: of the last row */
    int64_t workspace_id; /* sweeping: of the last row */
    size_t word_len;      /* … and its word */
    char word[WORD_MAX_BYTES];
};

enum reindex_from { REINDEX_GO_ON, REINDEX_ANEW };
/* *ret_reindex: where to go on; *ret_resumed: there was one that had not come to its end. */
enum err reindex_begin(struct ctx *ctx, enum reindex_from from, struct reindex *ret_reindex,
                       bool *ret_resumed) MUST_CHECK;

/* What a step has done. */
struct reindex_step {
    int64_t message_count; /* whose words were written */
    int64_t removed_count; /* words that stood in no text */
    bool done;             /* it was the last one */
};
/* Moves *reindex on. The caller renews its task between two steps. */
enum err reindex_step(struct ctx *ctx, struct reindex *reindex, struct reindex_step *ret_step) MUST_CHECK;

/* Whether one is under way, or was cut off and not gone on with. */
enum err reindex_is_open(struct ctx *ctx, bool *ret_is_open) MUST_CHECK;

/* The greatest id of a message: what reindex->message_id goes to. */
enum err reindex_last_id(struct ctx *ctx, int64_t *ret_id) MUST_CHECK;

#endif
