/* What a model is asked for an answer. Private to domain/assist; the recorder's thread's. */
#ifndef PARLEY_APP_DOMAIN_QUESTION_H
#define PARLEY_APP_DOMAIN_QUESTION_H

#include "answer.h"
#include "parley/db/db.h"

/* An answer, and what its chat says of answers now. */
struct question {
    struct answer *answer;
    int64_t workspace_id; /* of the chat, now */
    struct str system;    /* absent: none */
    double temperature;   /* NAN: not set */
    int64_t max_tokens;   /* INT64_MIN: not set */
};

/* A row that begins with {answer_chat}, into all but the answer. ERR_NO_MEMORY. */
enum err question_read(struct ctx *ctx, const struct db_row *row, struct question *question) MUST_CHECK;

/*
 * Reads the chat, and writes what its model is asked; the answer keeps how much that was.
 *   tokens_max  of what is shown; 0: as many as the model's window takes
 * The body is the caller's. ERR_NOT_FOUND: nothing is left that could be answered. What context_read returns. No transaction open.
 */
enum err question_write(struct ctx *ctx, const struct question *question, const struct answer_target *target,
                        int64_t tokens_max, struct ai_body *ret_body) MUST_CHECK;

#endif
