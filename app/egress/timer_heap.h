/* The loop's timers, the next one first: a binary heap whose members know their places. Private to app/egress. */
#ifndef PARLEY_APP_EGRESS_TIMER_HEAP_H
#define PARLEY_APP_EGRESS_TIMER_HEAP_H

#include "parley/egress/loop.h"

struct timer_heap {
    struct loop_timer **timers; /* from 1 on */
    size_t count, room;
};

/* As loop_timer_set and loop_timer_clear. */
enum err timer_heap_set(struct timer_heap *heap, struct loop_timer *timer, int64_t at_us) MUST_CHECK;
void timer_heap_clear(struct timer_heap *heap, struct loop_timer *timer);
/* The next one; NULL: none is set. */
struct loop_timer *timer_heap_first(const struct timer_heap *heap);
void timer_heap_release(struct timer_heap *heap);

#endif
