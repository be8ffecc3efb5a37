#include "running.h"

#include <stdbool.h>

void running_init(struct running *running)
{
    pthread_mutex_init(&running->lock, NULL);
    running->first = NULL;
}

void running_release(struct running *running)
{
    pthread_mutex_destroy(&running->lock);
}

static bool same_key(const struct idempotency_claim *a, const struct idempotency_claim *b)
{
    return a->user_id == b->user_id && memcmp(a->key_hash, b->key_hash, SHA256_BYTES) == 0;
}

enum err running_enter(struct running *running, const struct idempotency_claim *claim, struct running_entry *entry)
{
    bool found = false;

    pthread_mutex_lock(&running->lock);
    for (const struct running_entry *other = running->first; other != NULL; other = other->next)
        found = found || same_key(other->claim, claim);
    if (!found) {
        *entry = (struct running_entry){ claim, running->first };
        running->first = entry;
    }
    pthread_mutex_unlock(&running->lock);
    return found ? ERR_IDEMPOTENCY_RUNNING : ERR_OK;
}

void running_leave(struct running *running, struct running_entry *entry)
{
    struct running_entry **place = &running->first;

    pthread_mutex_lock(&running->lock);
    while (*place != entry)
        place = &(*place)->next;
    *place = entry->next;
    pthread_mutex_unlock(&running->lock);
}
