/*
 * Objects that must go. A row is written in the transaction that removes an object's own row, and before an object is
 * made (then due only later, and taken away by the transaction that gives the object its row). So a crash at any step
 * leaves work for the job and never an orphan.
 *
 * Functions: any thread, one ctx each; errors of the database.
 */
#ifndef PARLEY_DOMAIN_OBJECT_DELETION_H
#define PARLEY_DOMAIN_OBJECT_DELETION_H

#include <stddef.h>
#include <stdint.h>

#include "parley/core/ctx.h"
#include "parley/core/limits.h"
#include "parley/core/str.h"

/* What becomes of the row when a request has deleted the object itself. */
enum doomed_row {
    DOOMED_ONCE,  /* it goes too */
    DOOMED_AGAIN, /* it stays until it is due: an address for writing the object may still be good until then */
};

struct pending_deletion {
    int64_t id; /* of the row; set by object_deletion_add */
    struct str key;
    struct str store_upload_id; /* absent, or a multipart upload to give up */
    int64_t due_us;             /* not before */
    enum doomed_row row;
};

/* Some of them; what one statement can name. */
struct pending_deletions {
    size_t count;
    struct pending_deletion items[OBJECT_BATCH_MAX];
};

/* Writes the row and puts it at the end of *batch, which must have room. Texts are borrowed as long as the batch. */
enum err object_deletion_add(struct ctx *ctx, struct pending_deletions *batch,
                             const struct pending_deletion *pending) MUST_CHECK;
/* The same without remembering: the job will find it. */
enum err object_deletion_queue(struct ctx *ctx, const struct pending_deletion *pending) MUST_CHECK;
/*
 * In the transaction that gives the objects their rows: takes all rows of the batch away. ERR_STORAGE when the job has
 * begun on one of them (it was due): the objects are lost and the transaction must not commit.
 */
enum err object_deletion_withdraw(struct ctx *ctx, const struct pending_deletions *batch) MUST_CHECK;
/*
 * Deletes the objects now and then their rows. No transaction may be open. What does not work stays for the job, so
 * nothing is returned and the request's problem stays as it is.
 */
void object_deletion_run(struct ctx *ctx, const struct pending_deletions *batch);

/* The job's side: the next rows that are due, marked as begun and put off to a later try. Texts in the arena. */
enum err object_deletion_claim(struct ctx *ctx, struct pending_deletions *ret_batch) MUST_CHECK;
/* Deletes claimed objects, then their rows. ERR_STORAGE: the store is away; the rest waits for its next try. */
enum err object_deletion_finish(struct ctx *ctx, const struct pending_deletions *batch) MUST_CHECK;

#endif
