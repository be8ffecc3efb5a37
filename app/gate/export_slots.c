#include "export_slots.h"

#include "parley/core/blocking.h"
#include "parley/core/clock.h"
#include "parley/domain/record/principal.h"

/* A place that is held; in the request's arena. */
struct export_place {
    struct export_slots *slots;
    size_t index;
};

enum err export_slots_init(struct export_slots *slots)
{
    pthread_condattr_t attr;
    bool ok;

    memset(slots->users, 0, sizeof(slots->users));
    if (pthread_condattr_init(&attr) != 0)
        return ERR_NO_MEMORY;
    ok = pthread_condattr_setclock(&attr, CLOCK_MONOTONIC) == 0 && pthread_cond_init(&slots->freed, &attr) == 0;
    pthread_condattr_destroy(&attr);
    if (!ok)
        return ERR_NO_MEMORY;
    pthread_mutex_init(&slots->lock, NULL);
    return ERR_OK;
}

void export_slots_release(struct export_slots *slots)
{
    pthread_cond_destroy(&slots->freed);
    pthread_mutex_destroy(&slots->lock);
}

/* Under the lock. EXPORTS_MAX: there is none for this user. */
static size_t free_place(const struct export_slots *slots, int64_t user_id)
{
    size_t found = EXPORTS_MAX;

    for (size_t i = 0; i < EXPORTS_MAX; i++) {
        if (slots->users[i] == user_id)
            return EXPORTS_MAX;
        if (slots->users[i] == 0 && found == EXPORTS_MAX)
            found = i;
    }
    return found;
}

static void leave(void *arg)
{
    const struct export_place *place = arg;

    pthread_mutex_lock(&place->slots->lock);
    place->slots->users[place->index] = 0;
    pthread_cond_broadcast(&place->slots->freed);
    pthread_mutex_unlock(&place->slots->lock);
}

/* The index of a place that is the user's now; EXPORTS_MAX: there was none in time. */
static size_t place_take(struct export_slots *slots, int64_t user_id)
{
    const struct timespec until = clock_deadline(clock_monotonic_us() + EXPORT_WAIT_MS * US_PER_MS);
    size_t index;
    int timed = 0;

    blocking_begin();
    pthread_mutex_lock(&slots->lock);
    while ((index = free_place(slots, user_id)) == EXPORTS_MAX && timed == 0)
        timed = pthread_cond_timedwait(&slots->freed, &slots->lock, &until);
    if (index < EXPORTS_MAX)
        slots->users[index] = user_id;
    pthread_mutex_unlock(&slots->lock);
    blocking_end();
    return index;
}

enum err export_slots_enter(struct export_slots *slots, struct ctx *ctx)
{
    struct export_place *place = arena_calloc(ctx->arena, 1, sizeof(*place));

    if (place == NULL)
        return fail(ctx, ERR_NO_MEMORY);
    place->slots = slots;
    place->index = place_take(slots, ctx->actor->user_id);
    if (place->index < EXPORTS_MAX)
        return arena_defer(ctx->arena, leave, place) == ERR_OK ? ERR_OK : fail(ctx, ERR_NO_MEMORY);
    ctx->problem->retry_after_s = EXPORT_RETRY_AFTER_S;
    return failf(ctx, ERR_BUSY, "As many exports as this server makes at once, or one of your own, are under way");
}
