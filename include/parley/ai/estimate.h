/*
 * Tokens without a tokenizer: bytes by the bytes per token of a model, which begin at a guess and are moved by what providers
 * really count. One divisor for all is off by -64 % (base64) to +125 % (Russian); the learned one carries it. Any thread.
 */
#ifndef PARLEY_AI_ESTIMATE_H
#define PARLEY_AI_ESTIMATE_H

#include <stdbool.h>
#include <stdint.h>

#include "parley/ai/ask.h"

/* Thousandths of a byte per token: where a model begins, and between which bounds it stays. */
enum {
    ESTIMATE_START_MILLI = 3200,
    ESTIMATE_MIN_MILLI = 500,
    ESTIMATE_MAX_MILLI = 16000,
};

/* Tokens of a text of so many bytes, rounded up; 0 for none. milli outside the bounds is taken for the nearer one. */
int64_t estimate_tokens(int64_t text_bytes, int milli);
/* Tokens of a whole question: its texts, what stands around each message, and its images. */
int64_t estimate_ask(const struct ai_ask *ask, int milli);

/*
 * The bytes per token after one more question: estimated_tokens is what estimate_ask said with `milli`, real_tokens what the provider
 * counted; each question moves it by an eighth of the difference. Unchanged where either is below 1. Within the bounds.
 */
int estimate_learn(int milli, int64_t estimated_tokens, int64_t real_tokens);

/*
 * Has a provider dropped the front of the question without saying so? True where it counted less than 60 % of the estimate. Only of
 * use where milli has been learned.
 */
bool estimate_is_truncated(int64_t estimated_tokens, int64_t real_tokens);

#endif
