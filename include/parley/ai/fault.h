/* Why an answer failed, and how that is read out of what a provider replies. Providers' own words are judged here and go no further. */
#ifndef PARLEY_AI_FAULT_H
#define PARLEY_AI_FAULT_H

#include <stdbool.h>
#include <stdint.h>

#include "parley/core/arena.h"
#include "parley/core/json_in.h"
#include "parley/core/str.h"

enum ai_fault {
#define AI_FAULT(identifier, code, flags, sentence) AI_FAULT_##identifier,
#include "parley/ai/faults.def"
#undef AI_FAULT
    AI_FAULT_COUNT
};

enum ai_fault_flag {
    AI_FAULT_FALLS_BACK = 1,  /* before the first token another model may be asked */
    AI_FAULT_BREAKS = 2,      /* counts for the provider's breaker */
    AI_FAULT_TELLS_ADMIN = 4, /* only an administrator can mend it: the provider's page says so */
};

/* One row of the table; all static. */
struct ai_fault_row {
    const char *code;     /* "rate_limited": API, column, log */
    const char *sentence; /* English, without a full stop, no names of hosts or models */
    unsigned flags;       /* enum ai_fault_flag */
};

/* Never NULL. Any thread. */
const struct ai_fault_row *ai_fault_row(enum ai_fault fault);
/* The fault of a stored code; AI_FAULT_NONE for one that there is not. */
enum ai_fault ai_fault_find(struct str code);

/*
 * What a whole HTTP reply says that is not the beginning of an answer: a status other than 200, or a 200 that is not an event stream.
 * body: what came of it, or its beginning; may be empty, and anything at all. Never AI_FAULT_NONE. scratch: takes what is parsed,
 * until the caller resets it. Any thread.
 */
enum ai_fault ai_fault_of_reply(struct arena *scratch, int status, struct str body);

/*
 * What an error inside a stream says, of any kind of provider: the value of "error", or the object around it. A null says nothing:
 * AI_FAULT_NONE. Else never AI_FAULT_NONE.
 */
enum ai_fault ai_fault_of_error(const struct json_in *error);

/*
 * How long a header asks to wait, in ms: Retry-After in seconds or as a date (RFC 9110 §10.2.3), or retry-after-ms. At most a day.
 * -1: another header, or no use. now_us: wall clock.
 */
int64_t ai_fault_retry_after_ms(struct str name, struct str value, int64_t now_us);

#endif
