#include "ring.h"

#include <stdlib.h>
#include <string.h>

#include "parley/core/blocking.h"
#include "parley/core/clock.h"

/* Half of the ring may wait for the hub's thread; longer than this it is not waited for, it is stuck then. */
enum { RING_WAIT_MS = 200, RING_START_MAX_MS = 2000, BEHIND_EVENTS = RING_EVENTS / 2 };

/* ---- members ---- */

static struct member_set *set_keep(struct member_set *set)
{
    if (set != NULL)
        atomic_fetch_add_explicit(&set->users, 1, memory_order_relaxed);
    return set;
}

static void set_drop(struct member_set *set)
{
    if (set != NULL && atomic_fetch_sub_explicit(&set->users, 1, memory_order_acq_rel) == 1)
        free(set);
}

static bool set_is(const struct member_set *set, const struct live_event *event)
{
    return set != NULL && set->chat_id == event->chat_id && set->count == event->member_count &&
           memcmp(set->ids, event->member_ids, set->count * sizeof(set->ids[0])) == 0;
}

/* Whether it takes its members to say whom it is for. */
static bool has_members(const struct live_event *event)
{
    return (event->audience == LIVE_TO_MEMBERS || event->audience == LIVE_TO_OTHERS) && event->member_count > 0;
}

/* Under the lock: the event's members, shared with those of the chat's last event. NULL: none, or no memory. */
static struct member_set *set_of(struct ring *ring, const struct live_event *event)
{
    struct member_set **last = &ring->sets[(uint64_t)event->chat_id % RING_SETS];
    struct member_set *set;

    if (!has_members(event))
        return NULL;
    if (set_is(*last, event))
        return set_keep(*last);
    set = malloc(sizeof(*set) + event->member_count * sizeof(set->ids[0]));
    if (set == NULL)
        return NULL;
    atomic_init(&set->users, 1);
    set->chat_id = event->chat_id;
    set->count = event->member_count;
    memcpy(set->ids, event->member_ids, set->count * sizeof(set->ids[0]));
    set_drop(*last);
    *last = set_keep(set);
    return set;
}

bool ring_event_takes_away(const struct live_event *event)
{
    return event->change != LIVE_CHANGES_NOTHING && event->change != LIVE_MEMBER_JOINED;
}

bool ring_event_has_member(const struct live_event *event, int64_t user_id)
{
    size_t low = 0, high = event->member_count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (event->member_ids[middle] == user_id)
            return true;
        if (event->member_ids[middle] < user_id)
            low = middle + 1;
        else
            high = middle;
    }
    return false;
}

/* ---- under the lock ---- */

static struct ring_entry *entry_at(const struct ring *ring, int64_t position)
{
    return &ring->entries[(uint64_t)position % RING_EVENTS];
}

static size_t size_of(const struct ring_entry *entry)
{
    size_t members = entry->members != NULL ? entry->members->count * sizeof(int64_t) : 0;
    size_t record = entry->event.record != NULL ? entry->event.record->len : 0;

    /* A set is shared by the events of its chat, so it is counted as if by some of them. */
    return sizeof(*entry) + record + members / 8;
}

static void drop_oldest(struct ring *ring)
{
    struct ring_entry *entry = entry_at(ring, ring->oldest);

    ring->size_bytes -= size_of(entry);
    ring_entry_release(entry);
    ring->oldest++;
}

static void drop_all(struct ring *ring)
{
    while (ring->oldest <= ring->newest)
        drop_oldest(ring);
    for (int i = 0; i < RING_SETS; i++) {
        set_drop(ring->sets[i]);
        ring->sets[i] = NULL;
    }
}

static void begin_at(struct ring *ring, int64_t position)
{
    drop_all(ring);
    ring->newest = position;
    ring->oldest = position + 1;
}

static bool is_behind(const struct ring *ring, size_t extra_bytes)
{
    bool unread_oldest = ring->read_position < ring->oldest;

    if (ring->closed || ring->read_position >= ring->newest)
        return false;
    return ring->newest - ring->read_position >= BEHIND_EVENTS ||
           (unread_oldest && ring->size_bytes + extra_bytes > RING_MAX_BYTES);
}

static void wait_for_reading(struct ring *ring, size_t extra_bytes)
{
    struct timespec until = clock_deadline(clock_monotonic_us() + RING_WAIT_MS * US_PER_MS);

    while (is_behind(ring, extra_bytes))
        if (pthread_cond_timedwait(&ring->moved, &ring->lock, &until) != 0)
            return;
}

/* ---- beginning and end ---- */

enum err ring_init(struct ring *ring)
{
    pthread_condattr_t attributes;

    *ring = (struct ring){ .oldest = 1 };
    ring->entries = calloc(RING_EVENTS, sizeof(*ring->entries));
    if (ring->entries == NULL)
        return ERR_NO_MEMORY;
    (void)pthread_mutex_init(&ring->lock, NULL);
    (void)pthread_condattr_init(&attributes);
    (void)pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    (void)pthread_cond_init(&ring->moved, &attributes);
    (void)pthread_condattr_destroy(&attributes);
    return ERR_OK;
}

void ring_release(struct ring *ring)
{
    if (ring->entries == NULL)
        return;
    drop_all(ring);
    free(ring->entries);
    ring->entries = NULL;
    (void)pthread_cond_destroy(&ring->moved);
    (void)pthread_mutex_destroy(&ring->lock);
}

void ring_start(struct ring *ring, const char *epoch, int64_t position)
{
    (void)pthread_mutex_lock(&ring->lock);
    begin_at(ring, position);
    memcpy(ring->epoch, epoch, LIVE_EPOCH_LEN);
    ring->generation++;
    (void)pthread_cond_broadcast(&ring->moved);
    (void)pthread_mutex_unlock(&ring->lock);
}

void ring_close(struct ring *ring)
{
    (void)pthread_mutex_lock(&ring->lock);
    ring->closed = true;
    (void)pthread_cond_broadcast(&ring->moved);
    (void)pthread_mutex_unlock(&ring->lock);
}

bool ring_await_start(struct ring *ring)
{
    struct timespec until = clock_deadline(clock_monotonic_us() + RING_START_MAX_MS * US_PER_MS);
    bool started;

    blocking_begin();
    (void)pthread_mutex_lock(&ring->lock);
    while (ring->generation == 0 && !ring->closed)
        if (pthread_cond_timedwait(&ring->moved, &ring->lock, &until) != 0)
            break;
    started = ring->generation != 0;
    (void)pthread_mutex_unlock(&ring->lock);
    blocking_end();
    return started;
}

/* ---- adding and reading ---- */

void ring_add(struct ring *ring, const struct live_event *event)
{
    struct ring_entry added = { .event = *event };
    size_t added_bytes;

    (void)pthread_mutex_lock(&ring->lock);
    /* The log has no holes; were there one, those behind it would be told that something is lost. */
    if (event->position != ring->newest + 1)
        begin_at(ring, event->position - 1);
    added.members = set_of(ring, event);
    if (added.members == NULL && has_members(event)) {
        /* Without memory for whom it goes to it is lost, and so is told to everybody. */
        begin_at(ring, event->position);
        (void)pthread_mutex_unlock(&ring->lock);
        return;
    }
    added.event.member_ids = added.members != NULL ? added.members->ids : NULL;
    added.event.member_count = added.members != NULL ? added.members->count : 0;
    added.event.record = live_record_keep(event->record);
    added_bytes = size_of(&added);
    wait_for_reading(ring, added_bytes);
    while (ring->oldest <= ring->newest &&
           (ring->newest - ring->oldest + 1 == RING_EVENTS || ring->size_bytes + added_bytes > RING_MAX_BYTES))
        drop_oldest(ring);
    ring->newest = event->position;
    *entry_at(ring, ring->newest) = added;
    ring->size_bytes += added_bytes;
    (void)pthread_mutex_unlock(&ring->lock);
}

enum ring_found ring_next(struct ring *ring, unsigned generation, int64_t position, enum ring_use use,
                          struct ring_entry *ret_entry)
{
    enum ring_found found = RING_END;

    (void)pthread_mutex_lock(&ring->lock);
    if (generation != ring->generation || position + 1 < ring->oldest) {
        found = RING_LOST;
    } else if (position < ring->newest) {
        *ret_entry = *entry_at(ring, position + 1);
        (void)live_record_keep(ret_entry->event.record);
        (void)set_keep(ret_entry->members);
        found = RING_EVENT;
    }
    if (use == RING_READ) {
        ring->read_position = found == RING_EVENT ? position + 1 : ring->newest;
        (void)pthread_cond_broadcast(&ring->moved);
    }
    (void)pthread_mutex_unlock(&ring->lock);
    return found;
}

bool ring_still_has(struct ring *ring, unsigned generation, int64_t position, int64_t events_max, size_t max_bytes)
{
    size_t bytes = 0;
    bool has;

    (void)pthread_mutex_lock(&ring->lock);
    has = generation == ring->generation && position + 1 >= ring->oldest && ring->newest - position <= events_max;
    for (int64_t at = position + 1; has && at <= ring->newest; at++) {
        const struct live_event *event = &entry_at(ring, at)->event;

        bytes += event->record != NULL ? event->record->len : 0;
        has = bytes <= max_bytes && !ring_event_takes_away(event);
    }
    (void)pthread_mutex_unlock(&ring->lock);
    return has;
}

void ring_entry_release(struct ring_entry *entry)
{
    live_record_drop(entry->event.record);
    set_drop(entry->members);
    *entry = (struct ring_entry){ .members = NULL };
}

bool ring_where(struct ring *ring, char ret_epoch[LIVE_EPOCH_LEN + 1], int64_t *ret_position, unsigned *ret_generation)
{
    bool started;

    (void)pthread_mutex_lock(&ring->lock);
    started = ring->epoch[0] != '\0';
    memcpy(ret_epoch, ring->epoch, sizeof(ring->epoch));
    *ret_position = ring->newest;
    *ret_generation = ring->generation;
    (void)pthread_mutex_unlock(&ring->lock);
    return started;
}
