/*
 * Time: int64 microseconds since 1970-01-01 UTC in memory and in rows; RFC 3339 with Z in JSON.
 */
#ifndef PARLEY_CORE_CLOCK_H
#define PARLEY_CORE_CLOCK_H

#include <stdint.h>
#include <time.h>

#include "parley/core/err.h"
#include "parley/core/str.h"

#define US_PER_MS INT64_C(1000)
#define US_PER_S INT64_C(1000000)
#define US_PER_MINUTE (60 * US_PER_S)
#define US_PER_HOUR (60 * US_PER_MINUTE)
#define US_PER_DAY (24 * US_PER_HOUR)

/* Wall clock, UTC. */
int64_t clock_now_us(void);
/* A clock that only goes forward, for durations and time limits. Its zero is arbitrary. */
int64_t clock_monotonic_us(void);
/*
 * A time of clock_monotonic_us as pthread_cond_timedwait wants it, for a condition on CLOCK_MONOTONIC. (In builds with
 * TEST_CLOCK, clock_monotonic_us may be ahead of the system's clock; who sleeps already is not woken by a change.)
 */
struct timespec clock_deadline(int64_t monotonic_us);

enum { CLOCK_TEXT_BYTES = 32 };
/* "2026-11-20T21:45:13.127678Z", NUL-ended, always six decimals. Years 1 to 9999. */
void clock_format(int64_t time_us, char ret_text[CLOCK_TEXT_BYTES]);
/* "20261120" and "20261120T214513Z" (AWS SigV4), NUL-ended. */
void clock_format_day(int64_t time_us, char ret_text[CLOCK_TEXT_BYTES]);
void clock_format_basic(int64_t time_us, char ret_text[CLOCK_TEXT_BYTES]);
/*
 * RFC 3339 date-time with Z or an offset, or without one (then taken as UTC); up to nine decimals, cut to six.
 * Returns ERR_OK or ERR_INVALID.
 */
enum err clock_parse(struct str text, int64_t *ret_time_us) MUST_CHECK;

#endif
