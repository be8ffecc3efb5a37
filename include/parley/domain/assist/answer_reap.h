/* Answers whose process is gone. */
#ifndef PARLEY_DOMAIN_ANSWER_REAP_H
#define PARLEY_DOMAIN_ANSWER_REAP_H

#include <stdint.h>

#include "parley/core/ctx.h"

/*
 * For the job: ends the one whose lease is over longest, as interrupted, with the text that was written down; what it took is
 * estimated. *ret_count 0: there is none. Errors of the database.
 */
enum err answer_reap_step(struct ctx *ctx, int64_t *ret_count) MUST_CHECK;

#endif
