/* What the kinds of bus have in common. Private to the room. */
#ifndef PARLEY_APP_BUS_DRIVER_H
#define PARLEY_APP_BUS_DRIVER_H

#include <pthread.h>
#include <stdatomic.h>

#include "parley/bus/bus.h"
#include "parley/core/arena.h"
#include "parley/core/limits.h"

struct subscription {
    const char *channel;
    bus_fn fn;
    void *arg;
};

struct bus;

struct bus_ops {
    const char *kind;
    bool is_shared; /* with other processes */
    void (*close)(struct bus *bus);
    bool (*is_healthy)(struct bus *bus);
    /* A channel has been added to the table. */
    void (*subscribed)(struct bus *bus);
    void (*publish)(struct bus *bus, const char *channel, struct str payload);
    int64_t (*dropped_count)(struct bus *bus);
    enum err (*consume)(struct bus *bus, const struct bus_consumption *consumption, struct bus_bucket *ret_bucket);
};

/* The common beginning of each kind. */
struct bus {
    const struct bus_ops *ops;
    pthread_rwlock_t lock; /* guards the table */
    size_t subscription_count;
    char realm[BUS_REALM_MAX_BYTES + sizeof("parley::")]; /* goes before each channel; "" or "parley:<realm>:" */
    _Atomic int64_t published_count, delivered_count;     /* since the start */
    struct subscription subscriptions[BUS_SUBSCRIPTIONS_MAX];
};

/* Where Redis is. Text is in the arena; "" where nothing is given. */
struct redis_address {
    const char *socket; /* used instead of host and port when not "" */
    const char *host;
    int port;
    const char *user, *password;
    int database;
};

enum err local_bus_new(struct bus **ret_bus) MUST_CHECK;
/* Takes ownership of the arena that holds the address. */
/* As bus_check says, for an address. */
enum err redis_check(const struct redis_address *address, struct buf *ret_error_text) MUST_CHECK;
enum err redis_bus_new(struct arena *arena, const struct redis_address *address, struct bus **ret_bus) MUST_CHECK;
/* REDIS_URL, else REDIS_HOST …; ERR_NOT_FOUND when neither is set; ERR_INVALID with a static sentence. */
enum err redis_address_from_config(struct arena *a, const struct config *config, struct redis_address *ret_address,
                                   const char **ret_reason) MUST_CHECK;

void bus_init(struct bus *bus, const struct bus_ops *ops);
void bus_destroy(struct bus *bus);
/* Calls the subscribers of the channel in this process. */
void bus_deliver(struct bus *bus, struct str channel, struct str payload);

#endif
