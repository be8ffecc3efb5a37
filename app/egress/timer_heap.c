#include "timer_heap.h"

/* The earlier of two roots takes the other one as its first child. Either may be NULL. */
static struct loop_timer *meld(struct loop_timer *a, struct loop_timer *b)
{
    struct loop_timer *root = b == NULL || (a != NULL && a->at_us <= b->at_us) ? a : b;
    struct loop_timer *child = root == a ? b : a;

    if (child == NULL)
        return root;
    child->next = root->child;
    if (child->next != NULL)
        child->next->before = child;
    child->before = root;
    root->child = child;
    return root;
}

/* Roots out of what were siblings, in pairs; then those, from the last pair on. */
static struct loop_timer *meld_all(struct loop_timer *first)
{
    struct loop_timer *pairs = NULL, *root = NULL;

    while (first != NULL) {
        struct loop_timer *a = first, *b = first->next;

        first = b != NULL ? b->next : NULL;
        a->next = NULL;
        if (b != NULL)
            b->next = NULL;
        a = meld(a, b);
        a->next = pairs;
        pairs = a;
    }
    while (pairs != NULL) {
        struct loop_timer *pair = pairs;

        pairs = pair->next;
        pair->next = NULL;
        root = meld(root, pair);
    }
    return root;
}

void timer_heap_set(struct timer_heap *heap, struct loop_timer *timer, int64_t at_us)
{
    timer_heap_clear(heap, timer);
    timer->at_us = at_us;
    timer->is_set = true;
    heap->first = meld(heap->first, timer);
}

void timer_heap_clear(struct timer_heap *heap, struct loop_timer *timer)
{
    struct loop_timer *below;

    if (!timer->is_set)
        return;
    below = meld_all(timer->child);
    if (timer == heap->first) {
        heap->first = below;
    } else {
        if (timer->before->child == timer)
            timer->before->child = timer->next;
        else
            timer->before->next = timer->next;
        if (timer->next != NULL)
            timer->next->before = timer->before;
        heap->first = meld(heap->first, below);
    }
    timer->child = timer->next = timer->before = NULL;
    timer->is_set = false;
}
