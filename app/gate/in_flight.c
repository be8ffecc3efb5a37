#include "in_flight.h"

#include <stdbool.h>

void in_flight_init(struct in_flight *in_flight)
{
    pthread_mutex_init(&in_flight->lock, NULL);
    in_flight->first = NULL;
}

void in_flight_release(struct in_flight *in_flight)
{
    pthread_mutex_destroy(&in_flight->lock);
}

static bool same_key(const struct idempotency_claim *a, const struct idempotency_claim *b)
{
    return a->user_id == b->user_id && memcmp(a->key_hash, b->key_hash, SHA256_BYTES) == 0;
}

enum err in_flight_enter(struct in_flight *in_flight, const struct idempotency_claim *claim,
                         struct in_flight_entry *entry)
{
    bool found = false;

    pthread_mutex_lock(&in_flight->lock);
    for (const struct in_flight_entry *other = in_flight->first; other != NULL; other = other->next)
        found = found || same_key(other->claim, claim);
    if (!found) {
        *entry = (struct in_flight_entry){ claim, in_flight->first };
        in_flight->first = entry;
    }
    pthread_mutex_unlock(&in_flight->lock);
    return found ? ERR_IDEMPOTENCY_RUNNING : ERR_OK;
}

void in_flight_leave(struct in_flight *in_flight, struct in_flight_entry *entry)
{
    struct in_flight_entry **place = &in_flight->first;

    pthread_mutex_lock(&in_flight->lock);
    while (*place != entry)
        place = &(*place)->next;
    *place = entry->next;
    pthread_mutex_unlock(&in_flight->lock);
}
