#include "parley/bus/bus.h"

#include <stdio.h>

#include "driver.h"
#include "parley/core/arena.h"

enum { ADDRESS_ARENA_BYTES = 8192 };

static enum err open_redis(struct arena *arena, const struct config *config, struct buf *ret_error_text,
                           struct bus **ret_bus)
{
    struct redis_address address;
    const char *reason = NULL;
    enum err e = redis_address_from_config(arena, config, &address, &reason);
    if (e == ERR_OK)
        return redis_bus_new(arena, &address, ret_bus);
    if (e == ERR_INVALID)
        buf_add_c(ret_error_text, reason);
    arena_free(arena);
    return e;
}

enum err bus_open(const struct config *config, struct buf *ret_error_text, struct bus **ret_bus)
{
    struct arena *arena = arena_new(ADDRESS_ARENA_BYTES);
    enum err e;
    if (arena == NULL)
        return ERR_NO_MEMORY;
    e = open_redis(arena, config, ret_error_text, ret_bus);
    return e == ERR_NOT_FOUND ? local_bus_new(ret_bus) : e;
}

enum err bus_check(const struct config *config, struct buf *ret_error_text)
{
    struct arena *arena = arena_new(ADDRESS_ARENA_BYTES);
    struct redis_address address;
    const char *reason = NULL;
    enum err e;

    if (arena == NULL)
        return ERR_NO_MEMORY;
    e = redis_address_from_config(arena, config, &address, &reason);
    if (e == ERR_OK)
        e = redis_check(&address, ret_error_text);
    else if (e == ERR_INVALID)
        buf_add_c(ret_error_text, reason);
    arena_free(arena);
    return e == ERR_NOT_FOUND ? ERR_OK : e;
}

void bus_init(struct bus *bus, const struct bus_ops *ops)
{
    bus->ops = ops;
    pthread_rwlock_init(&bus->lock, NULL);
}

void bus_set_realm(struct bus *bus, struct str realm)
{
    pthread_rwlock_wrlock(&bus->lock);
    snprintf(bus->realm, sizeof(bus->realm), "parley:%.*s:", STR_FMT(str_head(realm, BUS_REALM_MAX_BYTES)));
    pthread_rwlock_unlock(&bus->lock);
}

void bus_destroy(struct bus *bus)
{
    pthread_rwlock_destroy(&bus->lock);
}

void bus_close(struct bus *bus)
{
    if (bus != NULL)
        bus->ops->close(bus);
}

const char *bus_kind(const struct bus *bus)
{
    return bus->ops->kind;
}

bool bus_is_healthy(struct bus *bus)
{
    return bus->ops->is_healthy(bus);
}

bool bus_reaches_others(struct bus *bus)
{
    return bus->ops->is_shared && bus->ops->is_healthy(bus);
}

enum err bus_subscribe(struct bus *bus, const char *channel, bus_fn fn, void *arg)
{
    bool has_room;
    pthread_rwlock_wrlock(&bus->lock);
    has_room = bus->subscription_count < BUS_SUBSCRIPTIONS_MAX;
    if (has_room)
        bus->subscriptions[bus->subscription_count++] = (struct subscription){ channel, fn, arg };
    pthread_rwlock_unlock(&bus->lock);
    if (!has_room)
        return ERR_LIMIT;
    bus->ops->subscribed(bus);
    return ERR_OK;
}

void bus_publish(struct bus *bus, const char *channel, struct str payload)
{
    atomic_fetch_add(&bus->published_count, 1);
    bus->ops->publish(bus, channel, payload);
}

int64_t bus_dropped_count(struct bus *bus)
{
    return bus->ops->dropped_count(bus);
}

void bus_stats(struct bus *bus, struct bus_stats *ret_stats)
{
    *ret_stats = (struct bus_stats){
        .up = bus_is_healthy(bus),
        .published_count = atomic_load(&bus->published_count),
        .delivered_count = atomic_load(&bus->delivered_count),
        .dropped_count = bus_dropped_count(bus),
    };
}

enum err bus_consume(struct bus *bus, const struct bus_consumption *consumption, struct bus_bucket *ret_bucket)
{
    return bus->ops->consume(bus, consumption, ret_bucket);
}

void bus_deliver(struct bus *bus, struct str channel, struct str payload)
{
    atomic_fetch_add(&bus->delivered_count, 1);
    pthread_rwlock_rdlock(&bus->lock);
    for (size_t i = 0; i < bus->subscription_count; i++) {
        const struct subscription *s = &bus->subscriptions[i];
        if (str_eq_c(channel, s->channel))
            s->fn(s->arg, channel, payload);
    }
    pthread_rwlock_unlock(&bus->lock);
}
