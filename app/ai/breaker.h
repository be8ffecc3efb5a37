/* Whether a provider is left alone for a while. Times: monotonic, µs. Private to app/ai. */
#ifndef PARLEY_APP_AI_BREAKER_H
#define PARLEY_APP_AI_BREAKER_H

#include <stdbool.h>
#include <stdint.h>

#include "parley/ai/fault.h"

/* Zeroed: closed. */
struct breaker {
    int row;               /* faults one after the other */
    int64_t window_us;     /* when the present window began */
    int seen, bad;         /* attempts in it, and faults among them */
    int64_t open_until_us; /* 0: closed */
    int open_s;            /* how long it was opened last; 0: not since the last good answer */
    bool is_trying;        /* one question is under way to see whether it can be closed */
    enum ai_fault fault;   /* what opened it */
};

/* Nobody is to be sent to it. */
bool breaker_is_open(const struct breaker *breaker, int64_t now_us);
/* One is sent, where it is not open. True: to see whether it can be closed; no other until it is known what became of it. */
bool breaker_pass(struct breaker *breaker);
/* It answered, be it by a refusal. */
void breaker_good(struct breaker *breaker, int64_t now_us);
/* A fault of it (AI_FAULT_BREAKS). */
void breaker_bad(struct breaker *breaker, enum ai_fault fault, int64_t now_us);
/* It is not to be asked for so long. */
void breaker_open_for(struct breaker *breaker, enum ai_fault fault, int64_t ms, int64_t now_us);
/* The question that tried was given up. */
void breaker_unknown(struct breaker *breaker);

#endif
