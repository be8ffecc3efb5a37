#include "parley/live/presence_roll.h"

#include <pthread.h>
#include <stdlib.h>

#include "parley/core/clock.h"
#include "parley/core/keyed_cache.h"
#include "parley/core/limits.h"

enum { SLOTS_FIRST = 64, CACHE_ENTRIES = 8192 };

struct entry {
    struct entry *next; /* in its slot */
    int64_t user_id;
    int64_t left_us;   /* monotonic: the end of the last stream */
    int64_t active_us; /* wall clock, as far as is known here; 0: not known */
    int stream_count;
    bool is_entering; /* was due to come: may have been written down since */
    bool is_entered;  /* written down */
    bool is_away;     /* … as somebody who has done nothing for long */
};

struct presence_roll {
    struct wake *wake;
    struct keyed_cache *noted; /* whose activity was noted lately */
    pthread_mutex_t lock;      /* guards what follows */
    struct entry **slots;
    size_t slot_count; /* a power of two */
    size_t count;
    int64_t active[PRESENCE_STEP_MAX]; /* whose activity waits to be taken */
    size_t active_count;
};

struct presence_roll *presence_roll_new(struct wake *wake)
{
    struct presence_roll *roll = calloc(1, sizeof(*roll));

    if (roll == NULL)
        return NULL;
    roll->wake = wake;
    roll->slot_count = SLOTS_FIRST;
    roll->slots = calloc(roll->slot_count, sizeof(struct entry *));
    roll->noted = keyed_cache_new(CACHE_ENTRIES, sizeof(char));
    (void)pthread_mutex_init(&roll->lock, NULL);
    if (roll->slots != NULL && roll->noted != NULL)
        return roll;
    presence_roll_free(roll);
    return NULL;
}

void presence_roll_free(struct presence_roll *roll)
{
    if (roll == NULL)
        return;
    for (size_t i = 0; roll->slots != NULL && i < roll->slot_count; i++)
        while (roll->slots[i] != NULL) {
            struct entry *entry = roll->slots[i];

            roll->slots[i] = entry->next;
            free(entry);
        }
    free(roll->slots);
    keyed_cache_free(roll->noted);
    (void)pthread_mutex_destroy(&roll->lock);
    free(roll);
}

/* ---- the table; all under the lock ---- */

/* Keys count up; nobody outside chooses them. */
static struct entry **slot_of(struct entry **slots, size_t slot_count, int64_t user_id)
{
    return &slots[((uint64_t)user_id * UINT64_C(0x9E3779B97F4A7C15) >> 32) & (slot_count - 1)];
}

/* Where the entry hangs, or would hang. */
static struct entry **place_of(const struct presence_roll *roll, int64_t user_id)
{
    struct entry **place = slot_of(roll->slots, roll->slot_count, user_id);

    while (*place != NULL && (*place)->user_id != user_id)
        place = &(*place)->next;
    return place;
}

/* Without memory it stays as it is, and is slower. */
static void grow(struct presence_roll *roll)
{
    size_t slot_count = 2 * roll->slot_count;
    struct entry **slots = calloc(slot_count, sizeof(struct entry *));

    if (slots == NULL)
        return;
    for (size_t i = 0; i < roll->slot_count; i++)
        while (roll->slots[i] != NULL) {
            struct entry *entry = roll->slots[i];
            struct entry **slot = slot_of(slots, slot_count, entry->user_id);

            roll->slots[i] = entry->next;
            entry->next = *slot;
            *slot = entry;
        }
    free(roll->slots);
    roll->slots = slots;
    roll->slot_count = slot_count;
}

static void entry_add(struct presence_roll *roll, struct entry **place, int64_t user_id)
{
    struct entry *entry = calloc(1, sizeof(*entry));

    if (entry == NULL)
        return;
    entry->user_id = user_id;
    entry->stream_count = 1;
    *place = entry;
    if (++roll->count > roll->slot_count)
        grow(roll);
}

static void entry_remove(struct presence_roll *roll, struct entry **place)
{
    struct entry *entry = *place;

    *place = entry->next;
    roll->count--;
    free(entry);
}

/* ---- what is seen ---- */

void presence_roll_came(struct presence_roll *roll, int64_t user_id)
{
    struct entry **place;
    bool is_new;

    if (roll == NULL)
        return;
    (void)pthread_mutex_lock(&roll->lock);
    place = place_of(roll, user_id);
    is_new = *place == NULL;
    if (is_new)
        entry_add(roll, place, user_id);
    else
        (*place)->stream_count++;
    (void)pthread_mutex_unlock(&roll->lock);
    if (is_new)
        wake_signal(roll->wake);
}

/* There is nothing to strike out. */
static bool was_never_written(const struct entry *entry)
{
    return !entry->is_entered && !entry->is_entering;
}

/* Who was not counted for want of memory has no entry, or one whose streams have all left: it leaves once too often. */
void presence_roll_left(struct presence_roll *roll, int64_t user_id)
{
    struct entry **place, *entry;

    if (roll == NULL)
        return;
    (void)pthread_mutex_lock(&roll->lock);
    place = place_of(roll, user_id);
    entry = *place;
    if (entry != NULL && entry->stream_count > 0 && --entry->stream_count == 0) {
        if (was_never_written(entry))
            entry_remove(roll, place);
        else
            entry->left_us = clock_monotonic_us();
    }
    (void)pthread_mutex_unlock(&roll->lock);
}

/* Whether it was noted a moment ago; if not, it is from now. */
static bool was_noted(struct keyed_cache *cache, int64_t user_id)
{
    struct cache_key key = keyed_cache_key(cache, (struct str){ (const char *)&user_id, sizeof(user_id) });
    int64_t now_us = clock_monotonic_us();
    char noted = 1;

    if (keyed_cache_find(cache, key, now_us, &noted))
        return true;
    keyed_cache_add(cache, key, &noted, now_us + PRESENCE_ACTIVE_S * US_PER_S, keyed_cache_epoch(cache));
    return false;
}

void presence_roll_active(struct presence_roll *roll, int64_t user_id)
{
    bool is_first = false;

    if (roll == NULL || was_noted(roll->noted, user_id))
        return;
    (void)pthread_mutex_lock(&roll->lock);
    if (roll->active_count < COUNT_OF(roll->active)) {
        is_first = roll->active_count == 0;
        roll->active[roll->active_count++] = user_id;
    }
    (void)pthread_mutex_unlock(&roll->lock);
    if (is_first)
        wake_signal(roll->wake);
}

/* ---- what is due ---- */

static bool is_due(const struct entry *entry, enum presence_due due, int64_t now_us, int64_t monotonic_us)
{
    switch (due) {
    case PRESENCE_COMES: return !entry->is_entered && entry->stream_count > 0;
    case PRESENCE_GOES:
        return !was_never_written(entry) && entry->stream_count == 0 &&
               monotonic_us - entry->left_us >= PRESENCE_LEAVES_S * US_PER_S;
    case PRESENCE_RESTS:
        return entry->is_entered && entry->stream_count > 0 && !entry->is_away &&
               now_us - entry->active_us >= PRESENCE_AWAY_S * US_PER_S;
    }
    return false;
}

size_t presence_roll_due(struct presence_roll *roll, enum presence_due due, int64_t now_us, int64_t *ret_ids,
                         size_t max)
{
    int64_t monotonic_us = clock_monotonic_us();
    size_t count = 0;

    (void)pthread_mutex_lock(&roll->lock);
    for (size_t i = 0; i < roll->slot_count && count < max; i++)
        for (struct entry *entry = roll->slots[i]; entry != NULL && count < max; entry = entry->next)
            if (is_due(entry, due, now_us, monotonic_us)) {
                ret_ids[count++] = entry->user_id;
                entry->is_entering |= due == PRESENCE_COMES;
            }
    (void)pthread_mutex_unlock(&roll->lock);
    return count;
}

void presence_roll_entered(struct presence_roll *roll, int64_t user_id)
{
    struct entry *entry;

    (void)pthread_mutex_lock(&roll->lock);
    entry = *place_of(roll, user_id);
    if (entry != NULL)
        entry->is_entered = true;
    (void)pthread_mutex_unlock(&roll->lock);
}

void presence_roll_gone(struct presence_roll *roll, int64_t user_id)
{
    struct entry **place;

    (void)pthread_mutex_lock(&roll->lock);
    place = place_of(roll, user_id);
    if (*place != NULL && (*place)->stream_count == 0)
        entry_remove(roll, place);
    else if (*place != NULL)
        (*place)->is_entering = (*place)->is_entered = (*place)->is_away = false;
    (void)pthread_mutex_unlock(&roll->lock);
}

bool presence_roll_note(struct presence_roll *roll, int64_t user_id, int64_t active_us, int64_t now_us)
{
    bool is_away = now_us - active_us >= PRESENCE_AWAY_S * US_PER_S, was_active = false;
    struct entry *entry;

    (void)pthread_mutex_lock(&roll->lock);
    entry = *place_of(roll, user_id);
    if (entry != NULL) {
        was_active = entry->active_us != 0 && !entry->is_away;
        entry->active_us = active_us;
        entry->is_away = is_away;
    }
    (void)pthread_mutex_unlock(&roll->lock);
    return was_active && is_away;
}

void presence_roll_renew(struct presence_roll *roll)
{
    (void)pthread_mutex_lock(&roll->lock);
    for (size_t i = 0; i < roll->slot_count; i++)
        for (struct entry **place = &roll->slots[i]; *place != NULL;) {
            (*place)->is_entering = (*place)->is_entered = false;
            if ((*place)->stream_count == 0)
                entry_remove(roll, place);
            else
                place = &(*place)->next;
        }
    (void)pthread_mutex_unlock(&roll->lock);
}

size_t presence_roll_take_active(struct presence_roll *roll, int64_t *ret_ids, size_t max)
{
    size_t count;

    (void)pthread_mutex_lock(&roll->lock);
    count = roll->active_count < max ? roll->active_count : max;
    roll->active_count -= count;
    for (size_t i = 0; i < count; i++)
        ret_ids[i] = roll->active[roll->active_count + i];
    (void)pthread_mutex_unlock(&roll->lock);
    return count;
}

bool presence_roll_is_empty(struct presence_roll *roll)
{
    bool is_empty;

    (void)pthread_mutex_lock(&roll->lock);
    is_empty = roll->count == 0;
    (void)pthread_mutex_unlock(&roll->lock);
    return is_empty;
}
