/*
 * Receipts: what goes away in many transactions is counted in each of them, in a row of `erasures`, and when it is done the
 * audit log is told how much it was. So a crash between two of them loses no count. Private to the folder; inside db_run.
 */
#ifndef PARLEY_APP_DOMAIN_ERASURE_RECEIPT_H
#define PARLEY_APP_DOMAIN_ERASURE_RECEIPT_H

#include <stdint.h>

#include "parley/core/ctx.h"

/* Stored as these numbers. */
enum erasure_kind { ERASURE_OF_CHAT = 1, ERASURE_OF_WORKSPACE, ERASURE_OF_USER, ERASURE_BY_RETENTION };

/* Whose it is: the integer key of the chat, the workspace or the user. */
struct erasure {
    enum erasure_kind kind;
    int64_t subject_id;
};

struct erased {
    int64_t message_count, file_count, byte_count;
};

/* So much more has gone, in this transaction. Nothing where it is nothing. */
enum err erasure_note(struct ctx *ctx, const struct erasure *erasure, const struct erased *erased) MUST_CHECK;
/*
 * All of it has gone: a row of the audit log, while the subject's own row is still there. What was removed by retention leaves
 * none where nothing was; before_us: of retention, older than which; else, or where that is not known, 0. ERR_NOT_FOUND: the
 * subject's row has gone.
 */
enum err erasure_receipt(struct ctx *ctx, const struct erasure *erasure, int64_t before_us) MUST_CHECK;

#endif
