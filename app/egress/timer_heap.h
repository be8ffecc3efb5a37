/* The loop's timers, the next one first: a pairing heap of their own members, so that setting one cannot fail. Private to
   app/egress. */
#ifndef PARLEY_APP_EGRESS_TIMER_HEAP_H
#define PARLEY_APP_EGRESS_TIMER_HEAP_H

#include "parley/egress/loop.h"

struct timer_heap {
    struct loop_timer *first; /* the next one; NULL: none is set */
};

/* As loop_timer_set and loop_timer_clear. */
void timer_heap_set(struct timer_heap *heap, struct loop_timer *timer, int64_t at_us);
void timer_heap_clear(struct timer_heap *heap, struct loop_timer *timer);

#endif
