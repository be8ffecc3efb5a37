#include "wheel.h"

void wheel_init(struct wheel *wheel, int64_t now_s)
{
    wheel->now_s = now_s;
    for (int i = 0; i < WHEEL_SLOTS; i++)
        link_init(&wheel->slots[i]);
}

void wheel_set(struct wheel *wheel, struct wheel_timer *timer, int64_t due_s)
{
    int64_t slot_s = due_s > wheel->now_s ? due_s : wheel->now_s + 1;

    if (slot_s > wheel->now_s + WHEEL_SLOTS - 1)
        slot_s = wheel->now_s + WHEEL_SLOTS - 1;
    wheel_clear(timer);
    timer->due_s = due_s;
    link_add(&wheel->slots[slot_s % WHEEL_SLOTS], &timer->link);
}

void wheel_clear(struct wheel_timer *timer)
{
    link_remove(&timer->link);
    timer->due_s = 0;
}

static struct wheel_timer *take(struct link *link)
{
    struct wheel_timer *timer = LINK_OWNER(link, struct wheel_timer, link);

    timer->due_s = 0;
    return timer;
}

/* What stands in the slot of now_s + 1 and is not due yet goes on to a later one. */
static struct wheel_timer *slot_next_due(struct wheel *wheel, struct link *slot, int64_t now_s)
{
    struct link *link;

    while ((link = link_take(slot)) != NULL) {
        struct wheel_timer *timer = LINK_OWNER(link, struct wheel_timer, link);
        int64_t due_s = timer->due_s;

        if (due_s <= now_s)
            return take(link);
        /* Counted from the step that is being taken, so that it never comes back into this slot. */
        wheel->now_s++;
        wheel_set(wheel, timer, due_s);
        wheel->now_s--;
    }
    return NULL;
}

struct wheel_timer *wheel_next_due(struct wheel *wheel, int64_t now_s)
{
    /* After a leap of the clock one turn is enough: every slot has been looked at then. */
    if (now_s - wheel->now_s > WHEEL_SLOTS)
        wheel->now_s = now_s - WHEEL_SLOTS;
    while (wheel->now_s < now_s) {
        struct wheel_timer *timer = slot_next_due(wheel, &wheel->slots[(wheel->now_s + 1) % WHEEL_SLOTS],
                                                  wheel->now_s + 1);

        if (timer != NULL)
            return timer;
        wheel->now_s++;
    }
    return NULL;
}

struct wheel_timer *wheel_take_any(struct wheel *wheel)
{
    for (int i = 0; i < WHEEL_SLOTS; i++) {
        struct link *link = link_take(&wheel->slots[i]);

        if (link != NULL)
            return take(link);
    }
    return NULL;
}
