/*
 * A timer wheel of one second a step: 10,000 timers that are set and set again cost a list operation each. What is due
 * later than the wheel reaches is looked at once a turn. One thread.
 */
#ifndef PARLEY_APP_LIVE_WHEEL_H
#define PARLEY_APP_LIVE_WHEEL_H

#include <stdint.h>

#include "link.h"

enum { WHEEL_SLOTS = 64 };

struct wheel {
    int64_t now_s; /* up to here everything has been taken out */
    struct link slots[WHEEL_SLOTS];
};

struct wheel_timer {
    struct link link;
    int64_t due_s; /* 0: not set */
};

void wheel_init(struct wheel *wheel, int64_t now_s);
/* At due_s or, where that is past, at the next step. Sets a timer that is set already anew. */
void wheel_set(struct wheel *wheel, struct wheel_timer *timer, int64_t due_s);
void wheel_clear(struct wheel_timer *timer);
/* Takes out a timer that is due at now_s or before; NULL: no more of them. now_s never goes back. */
struct wheel_timer *wheel_next_due(struct wheel *wheel, int64_t now_s);
/* Takes out any timer, whenever it is due; NULL: there is none. */
struct wheel_timer *wheel_take_any(struct wheel *wheel);

#endif
