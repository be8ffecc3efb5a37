#include "breaker.h"

#include "parley/core/clock.h"
#include "parley/core/limits.h"

bool breaker_is_open(const struct breaker *breaker, int64_t now_us)
{
    return breaker->open_until_us != 0 && (breaker->is_trying || now_us < breaker->open_until_us);
}

bool breaker_pass(struct breaker *breaker)
{
    breaker->is_trying = breaker->open_until_us != 0;
    return breaker->is_trying;
}

static void count(struct breaker *breaker, int bad, int64_t now_us)
{
    if (now_us - breaker->window_us >= AI_BREAKER_WINDOW_S * US_PER_S) {
        breaker->window_us = now_us;
        breaker->seen = breaker->bad = 0;
    }
    breaker->seen++;
    breaker->bad += bad;
}

/* What was counted before belongs to the time before. */
static void open_until(struct breaker *breaker, enum ai_fault fault, int64_t until_us)
{
    breaker->open_until_us = until_us;
    breaker->fault = fault;
    breaker->is_trying = false;
    breaker->row = breaker->seen = breaker->bad = 0;
}

void breaker_good(struct breaker *breaker, int64_t now_us)
{
    count(breaker, 0, now_us);
    breaker->row = 0;
    breaker->open_until_us = 0;
    breaker->open_s = 0;
    breaker->is_trying = false;
}

void breaker_bad(struct breaker *breaker, enum ai_fault fault, int64_t now_us)
{
    int open_s = breaker->open_s == 0 ? AI_BREAKER_OPEN_S : 2 * breaker->open_s;

    /* One that was under way when it was opened says nothing new. */
    if (breaker->open_until_us != 0 && !breaker->is_trying)
        return;
    count(breaker, 1, now_us);
    breaker->row++;
    if (!breaker->is_trying && breaker->row < AI_BREAKER_ROW &&
        (breaker->seen < AI_BREAKER_SEEN_MIN || 2 * breaker->bad < breaker->seen))
        return;
    breaker->open_s = open_s < AI_BREAKER_OPEN_MAX_S ? open_s : AI_BREAKER_OPEN_MAX_S;
    open_until(breaker, fault, now_us + breaker->open_s * US_PER_S);
}

void breaker_open_for(struct breaker *breaker, enum ai_fault fault, int64_t ms, int64_t now_us)
{
    open_until(breaker, fault,
               now_us + (ms < AI_BREAKER_OPEN_MAX_S * 1000 ? ms : AI_BREAKER_OPEN_MAX_S * 1000) * US_PER_MS);
}

void breaker_unknown(struct breaker *breaker)
{
    breaker->is_trying = false;
}
