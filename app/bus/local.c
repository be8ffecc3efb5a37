/* The bus of a process that is alone. */
#include <stdlib.h>

#include "driver.h"

static void local_close(struct bus *bus)
{
    bus_destroy(bus);
    free(bus);
}

static bool local_is_healthy(struct bus *bus)
{
    (void)bus;
    return true;
}

static void local_subscribed(struct bus *bus)
{
    (void)bus;
}

static void local_publish(struct bus *bus, const char *channel, struct str payload)
{
    bus_deliver(bus, str_from(channel), payload);
}

static int64_t local_dropped_count(struct bus *bus)
{
    (void)bus;
    return 0;
}

static enum err local_consume(struct bus *bus, const struct bus_consumption *consumption, struct bus_bucket *ret_bucket)
{
    (void)bus;
    (void)consumption;
    (void)ret_bucket;
    return ERR_UNAVAILABLE;
}

static const struct bus_ops local_ops = {
    .kind = "local",
    .close = local_close,
    .is_healthy = local_is_healthy,
    .subscribed = local_subscribed,
    .publish = local_publish,
    .dropped_count = local_dropped_count,
    .consume = local_consume,
};

enum err local_bus_new(struct bus **ret_bus)
{
    struct bus *bus = calloc(1, sizeof(*bus));
    if (bus == NULL)
        return ERR_NO_MEMORY;
    bus_init(bus, &local_ops);
    *ret_bus = bus;
    return ERR_OK;
}
