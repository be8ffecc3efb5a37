/* How an answer comes about: what is told while it is read, and how it ended. Plain data. */
#ifndef PARLEY_AI_ANSWER_H
#define PARLEY_AI_ANSWER_H

#include <stdbool.h>
#include <stdint.h>

#include "parley/ai/fault.h"
#include "parley/core/str.h"

/* Which text of a message grows. */
enum ai_field { AI_TEXT, AI_REASONING };

/* Why a model stopped. */
enum ai_finish {
    AI_FINISH_NONE,   /* it has not said so */
    AI_FINISH_STOP,   /* it had said all, or a stop word came */
    AI_FINISH_LENGTH, /* max_tokens, or its window was full */
    AI_FINISH_TOOLS,  /* it waits for the results of its calls */
    AI_FINISH_FILTER, /* it or a filter refused to go on; comes with AI_FAULT_CONTENT_FILTERED */
};

/* Tokens, each 0 … AI_TOKENS_MAX. */
struct ai_usage {
    int64_t prompt;     /* all of the question, with what was cached of it */
    int64_t cached;     /* of the prompt: what the provider had kept */
    int64_t completion; /* all of the answer, with the reasoning */
    int64_t reasoning;  /* of the completion, where the provider tells */
    bool is_known;      /* the provider said so; else all are 0 */
    bool is_estimated;  /* put in afterwards by parley/ai/estimate.h */
};

enum ai_outcome { AI_COMPLETE, AI_STOPPED, AI_FAILED };

/* The end of a generation. Texts are borrowed for the call that tells it. */
struct ai_end {
    enum ai_outcome outcome;
    enum ai_finish finish;
    enum ai_fault fault;    /* AI_FAULT_NONE where the outcome is AI_COMPLETE */
    int64_t retry_after_ms; /* with AI_FAULT_RATE_LIMITED, where the provider said how long; else -1 */
    struct ai_usage usage;
    struct str provider, model; /* who answered, or was asked last */
    int64_t first_token_ms;     /* from the start of the generation; -1: none came */
    int64_t total_ms;
    int attempts;
};

/* Who is told. Both are called on the engine's thread, must not block, and get what is borrowed for the call. */
struct ai_sink {
    void (*text)(void *arg, struct str text, enum ai_field field); /* what has come since; whole characters */
    void (*end)(void *arg, const struct ai_end *end);              /* once, the last call */
    void *arg;
};

#endif
