#include "upload_slots.h"

#include <string.h>

/* Of the workers; then of the places. */
enum { PLACES_PART = 2, SHARE_PART = 4 };

void upload_slots_init(struct upload_slots *slots)
{
    pthread_mutex_init(&slots->lock, NULL);
    slots->first = NULL;
    slots->refused_count = 0;
}

void upload_slots_release(struct upload_slots *slots)
{
    pthread_mutex_destroy(&slots->lock);
}

static int64_t at_least_one(int64_t count)
{
    return count > 0 ? count : 1;
}

static bool has_key(const struct upload_slot *slot, const struct rate_key *key)
{
    return str_eq(rate_key_str(&slot->key), rate_key_str(key));
}

/* Under the lock. */
static bool has_room(const struct upload_slots *slots, const struct rate_key *key, enum upload_pace pace,
                     int64_t worker_count)
{
    int64_t places = at_least_one(worker_count / PLACES_PART);
    int64_t taken = 0, own = 0;

    for (const struct upload_slot *slot = slots->first; slot != NULL; slot = slot->next) {
        taken++;
        own += has_key(slot, key);
    }
    if (taken >= places)
        return false;
    return pace == UPLOAD_TAKEN_IN || own < at_least_one(places / SHARE_PART) || taken < places / 2;
}

bool upload_slots_enter(struct upload_slots *slots, const struct ctx *ctx, enum upload_pace pace,
                        struct upload_slot *slot)
{
    struct rate_key key;
    bool room;

    if (ctx->actor != NULL)
        rate_key_principal(ctx->actor, &key);
    else
        rate_key_address(ctx->ip, &key);
    pthread_mutex_lock(&slots->lock);
    room = has_room(slots, &key, pace, ctx->config->worker_threads);
    if (room) {
        *slot = (struct upload_slot){ .key = key, .next = slots->first };
        slots->first = slot;
    }
    slots->refused_count += !room;
    pthread_mutex_unlock(&slots->lock);
    return room;
}

/* Where the pointer to a slot is. Under the lock. */
static struct upload_slot **place_of(struct upload_slots *slots, const struct upload_slot *slot)
{
    struct upload_slot **place = &slots->first;

    while (*place != slot)
        place = &(*place)->next;
    return place;
}

void upload_slots_move(struct upload_slots *slots, const struct upload_slot *slot, struct upload_slot *moved)
{
    pthread_mutex_lock(&slots->lock);
    *moved = *slot;
    *place_of(slots, slot) = moved;
    pthread_mutex_unlock(&slots->lock);
}

void upload_slots_leave(struct upload_slots *slots, struct upload_slot *slot)
{
    pthread_mutex_lock(&slots->lock);
    *place_of(slots, slot) = slot->next;
    pthread_mutex_unlock(&slots->lock);
}

void upload_slots_stats(struct upload_slots *slots, int64_t worker_count, struct gate_stats *ret_stats)
{
    struct gate_stats stats = { .upload_max = at_least_one(worker_count / PLACES_PART) };

    pthread_mutex_lock(&slots->lock);
    for (const struct upload_slot *slot = slots->first; slot != NULL; slot = slot->next)
        stats.upload_count++;
    stats.upload_refused_count = slots->refused_count;
    pthread_mutex_unlock(&slots->lock);
    *ret_stats = stats;
}
