#include "parley/domain/trust/auth_cache.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "parley/core/limits.h"
#include "parley/core/siphash.h"

/* A token may stand in one of WAYS places, which its key names; each shard of places has a lock. */
enum { SHARDS = 16, WAYS = 4, SETS = AUTH_CACHE_ENTRIES / SHARDS / WAYS };

struct entry {
    struct auth_cache_key key;
    int64_t until_us; /* 0: empty */
    struct principal principal;
};

struct shard {
    pthread_mutex_t lock; /* guards sets */
    struct entry sets[SETS][WAYS];
};

struct auth_cache {
    atomic_uint_least64_t epoch; /* counts drops */
    struct siphash_key hash_keys[2];
    struct shard shards[SHARDS];
};

struct auth_cache *auth_cache_new(void)
{
    struct auth_cache *cache = calloc(1, sizeof(*cache));

    if (cache == NULL)
        return NULL;
    for (int i = 0; i < 2; i++)
        cache->hash_keys[i] = siphash_key_new();
    for (int i = 0; i < SHARDS; i++)
        (void)pthread_mutex_init(&cache->shards[i].lock, NULL);
    return cache;
}

void auth_cache_free(struct auth_cache *cache)
{
    if (cache == NULL)
        return;
    for (int i = 0; i < SHARDS; i++)
        (void)pthread_mutex_destroy(&cache->shards[i].lock);
    free(cache);
}

struct auth_cache_key auth_cache_key_of(const struct auth_cache *cache, struct str token)
{
    return (struct auth_cache_key){ { siphash(&cache->hash_keys[0], token), siphash(&cache->hash_keys[1], token) } };
}

static struct shard *shard_of(struct auth_cache *cache, struct auth_cache_key key)
{
    return &cache->shards[key.halves[0] % SHARDS];
}

static struct entry *set_of(struct shard *shard, struct auth_cache_key key)
{
    return shard->sets[key.halves[1] % SETS];
}

static bool is_same(struct auth_cache_key a, struct auth_cache_key b)
{
    return a.halves[0] == b.halves[0] && a.halves[1] == b.halves[1];
}

static struct entry *entry_in(struct entry *set, struct auth_cache_key key)
{
    for (int i = 0; i < WAYS; i++)
        if (set[i].until_us != 0 && is_same(set[i].key, key))
            return &set[i];
    return NULL;
}

bool auth_cache_find(struct auth_cache *cache, struct auth_cache_key key, int64_t now_us,
                     struct principal *ret_principal)
{
    struct shard *shard = shard_of(cache, key);
    struct entry *entry;
    bool found;

    (void)pthread_mutex_lock(&shard->lock);
    entry = entry_in(set_of(shard, key), key);
    found = entry != NULL && now_us < entry->until_us;
    if (found)
        *ret_principal = entry->principal;
    (void)pthread_mutex_unlock(&shard->lock);
    return found;
}

uint64_t auth_cache_epoch(const struct auth_cache *cache)
{
    return atomic_load(&cache->epoch);
}

/* The token's own place, else the one that counts for the shortest time (an empty one first). */
static struct entry *place_for(struct entry *set, struct auth_cache_key key)
{
    struct entry *place = entry_in(set, key);

    if (place != NULL)
        return place;
    place = &set[0];
    for (int i = 1; i < WAYS; i++)
        if (set[i].until_us < place->until_us)
            place = &set[i];
    return place;
}

void auth_cache_add(struct auth_cache *cache, struct auth_cache_key key, const struct principal *principal,
                    int64_t until_us, uint64_t epoch)
{
    struct shard *shard = shard_of(cache, key);
    struct entry *place;

    (void)pthread_mutex_lock(&shard->lock);
    /* Under the lock: a drop counts before it takes the locks, so it either shows here or finds the new entry. */
    if (atomic_load(&cache->epoch) == epoch) {
        place = place_for(set_of(shard, key), key);
        place->key = key;
        place->until_us = until_us;
        place->principal = *principal;
    }
    (void)pthread_mutex_unlock(&shard->lock);
}

static void drop_in(struct shard *shard, int64_t user_id)
{
    (void)pthread_mutex_lock(&shard->lock);
    for (int i = 0; i < SETS; i++)
        for (int j = 0; j < WAYS; j++)
            if (shard->sets[i][j].principal.user_id == user_id)
                shard->sets[i][j].until_us = 0;
    (void)pthread_mutex_unlock(&shard->lock);
}

void auth_cache_drop(struct auth_cache *cache, int64_t user_id)
{
    atomic_fetch_add(&cache->epoch, 1);
    for (int i = 0; i < SHARDS; i++)
        drop_in(&cache->shards[i], user_id);
}
