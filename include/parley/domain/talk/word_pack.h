/*
 * Putting the index of words (message_index.h) together: where many messages of a workspace have a word, they go from a row each
 * into rows of up to 256. What is new stands in rows of its own until then; searches look at both. For a job.
 *
 * Errors of the database (parley/db/db.h), ERR_NO_MEMORY.
 */
#ifndef PARLEY_DOMAIN_WORD_PACK_H
#define PARLEY_DOMAIN_WORD_PACK_H

#include <stdint.h>

#include "parley/core/ctx.h"
#include "parley/core/err.h"

/* How far a run through the whole index has come. */
struct word_pack;

/* NULL without memory. */
struct word_pack *word_pack_new(void);
/* NULL is fine. */
void word_pack_free(struct word_pack *pack);

/*
 * Looks at the next rows, up to 2,000, and puts together those of words of which there are 32 or more among them, a
 * transaction each. *ret_count: 0 at the end, and at once while `parley reindex` runs or waits to be gone on with, which
 * takes all apart. One at a time of all processes (a job's lease); index_words may run beside it.
 */
enum err word_pack_step(struct ctx *ctx, struct word_pack *pack, int64_t *ret_count) MUST_CHECK;

#endif
