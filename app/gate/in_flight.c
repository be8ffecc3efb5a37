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

static bool has_key(const struct in_flight_entry *entry, const struct idempotency_claim *claim)
{
    return entry->user_id == claim->user_id && memcmp(entry->key_hash, claim->key_hash, SHA256_BYTES) == 0;
}

enum err in_flight_enter(struct in_flight *in_flight, const struct idempotency_claim *claim,
                         struct in_flight_entry *entry)
{
    bool found = false;

    pthread_mutex_lock(&in_flight->lock);
    for (const struct in_flight_entry *other = in_flight->first; other != NULL; other = other->next)
        found = found || has_key(other, claim);
    if (!found) {
        *entry = (struct in_flight_entry){ .user_id = claim->user_id, .next = in_flight->first };
        memcpy(entry->key_hash, claim->key_hash, SHA256_BYTES);
        in_flight->first = entry;
    }
    pthread_mutex_unlock(&in_flight->lock);
    return found ? ERR_IDEMPOTENCY_RUNNING : ERR_OK;
}

/* Where the pointer to an entry is. Under the lock. */
static struct in_flight_entry **place_of(struct in_flight *in_flight, const struct in_flight_entry *entry)
{
    struct in_flight_entry **place = &in_flight->first;

    while (*place != entry)
        place = &(*place)->next;
    return place;
}

void in_flight_move(struct in_flight *in_flight, const struct in_flight_entry *entry, struct in_flight_entry *moved)
{
    pthread_mutex_lock(&in_flight->lock);
    *moved = *entry;
    *place_of(in_flight, entry) = moved;
    pthread_mutex_unlock(&in_flight->lock);
}

void in_flight_leave(struct in_flight *in_flight, struct in_flight_entry *entry)
{
    pthread_mutex_lock(&in_flight->lock);
    *place_of(in_flight, entry) = entry->next;
    pthread_mutex_unlock(&in_flight->lock);
}
