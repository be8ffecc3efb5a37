/* Which model answers where somebody asks: the one that is named, or the one that comes first. */
#ifndef PARLEY_DOMAIN_MODEL_CHOICE_H
#define PARLEY_DOMAIN_MODEL_CHOICE_H

#include <stdint.h>

#include "parley/core/ctx.h"
#include "parley/core/str.h"
#include "parley/domain/assist/model.h"

struct model_choice {
    int64_t model_id;                          /* integer key */
    struct str provider, model;                /* what they are called; in the request arena */
    int64_t context_tokens, max_output_tokens; /* INT64_MIN: not known */
    unsigned flags;                            /* enum ai_flag */
    struct model_price price;
    int bytes_per_token_milli;
};

/*
 * Among those that a workspace (integer key) may use: its own providers' where WORKSPACE_PROVIDERS is on, and the server's of its list.
 *   provider, model  absent: any. Then DEFAULT_INFERENCE_PROVIDER comes first, or the first of the environment, and the model that
 *                    is set for it; behind them a workspace's own before the server's, the older first
 * ERR_NOT_FOUND, with nothing written into the problem: there is none. Errors of the database. Any thread, in a transaction or not.
 * One statement.
 */
enum err model_choose(struct ctx *ctx, int64_t workspace_id, struct str provider, struct str model,
                      struct model_choice *ret_choice) MUST_CHECK;

/* What so many tokens cost, in millionths of the currency, rounded up; what has no price costs nothing. */
int64_t model_cost(const struct model_price *price, int64_t prompt_tokens, int64_t cached_tokens,
                   int64_t completion_tokens);

#endif
