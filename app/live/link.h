/* A ring of links that stand in the structs that they join, so that joining and leaving allocate nothing. */
#ifndef PARLEY_APP_LIVE_LINK_H
#define PARLEY_APP_LIVE_LINK_H

#include <stdbool.h>
#include <stddef.h>

struct link {
    struct link *prev, *next; /* NULL: in no ring */
};

/* The struct in which a link stands. */
#define LINK_OWNER(link, type, member) ((type *)(void *)((char *)(link)-offsetof(type, member)))

/* An empty ring: a link that joins itself. */
static inline void link_init(struct link *ring)
{
    ring->prev = ring->next = ring;
}

static inline bool link_is_empty(const struct link *ring)
{
    return ring->next == ring;
}

/* At the end of the ring. */
static inline void link_add(struct link *ring, struct link *link)
{
    link->prev = ring->prev;
    link->next = ring;
    ring->prev->next = link;
    ring->prev = link;
}

/* Out of whatever ring it is in. */
static inline void link_remove(struct link *link)
{
    if (link->next == NULL)
        return;
    link->prev->next = link->next;
    link->next->prev = link->prev;
    link->prev = link->next = NULL;
}

/* The first link, taken out; NULL: the ring is empty. */
static inline struct link *link_take(struct link *ring)
{
    struct link *first = ring->next;

    if (first == ring)
        return NULL;
    link_remove(first);
    return first;
}

#endif
