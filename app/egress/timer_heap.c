#include "timer_heap.h"

#include <stdlib.h>

enum { FIRST_ROOM = 64 };

static void put(struct timer_heap *heap, size_t place, struct loop_timer *timer)
{
    heap->timers[place] = timer;
    timer->place = place;
}

/* Moves a timer from its place to where it belongs. */
static void sift(struct timer_heap *heap, struct loop_timer *timer)
{
    size_t place = timer->place;

    for (; place > 1 && heap->timers[place / 2]->at_us > timer->at_us; place /= 2)
        put(heap, place, heap->timers[place / 2]);
    for (;;) {
        size_t child = 2 * place;

        if (child < heap->count && heap->timers[child + 1]->at_us < heap->timers[child]->at_us)
            child++;
        if (child > heap->count || heap->timers[child]->at_us >= timer->at_us)
            break;
        put(heap, place, heap->timers[child]);
        place = child;
    }
    put(heap, place, timer);
}

static enum err make_room(struct timer_heap *heap)
{
    size_t room = heap->room == 0 ? FIRST_ROOM : 2 * heap->room;
    struct loop_timer **timers;

    if (heap->count + 1 < heap->room)
        return ERR_OK;
    timers = reallocarray(heap->timers, room, sizeof(*timers));
    if (timers == NULL)
        return ERR_NO_MEMORY;
    heap->timers = timers;
    heap->room = room;
    return ERR_OK;
}

enum err timer_heap_set(struct timer_heap *heap, struct loop_timer *timer, int64_t at_us)
{
    if (timer->place == 0) {
        TRY(make_room(heap));
        timer->place = ++heap->count;
    }
    timer->at_us = at_us;
    sift(heap, timer);
    return ERR_OK;
}

void timer_heap_clear(struct timer_heap *heap, struct loop_timer *timer)
{
    struct loop_timer *last;

    if (timer->place == 0)
        return;
    last = heap->timers[heap->count--];
    if (last != timer) {
        last->place = timer->place;
        sift(heap, last);
    }
    timer->place = 0;
}

struct loop_timer *timer_heap_first(const struct timer_heap *heap)
{
    return heap->count > 0 ? heap->timers[1] : NULL;
}

void timer_heap_release(struct timer_heap *heap)
{
    free(heap->timers);
}
