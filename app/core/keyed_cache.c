#include "parley/core/keyed_cache.h"

#include <pthread.h>
#include <stdalign.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "parley/core/siphash.h"

enum { SHARDS = 16, WAYS = 4 };

struct entry {
    struct cache_key key;
    int64_t until_us; /* 0: empty */
    alignas(max_align_t) unsigned char value[];
};

struct shard {
    pthread_mutex_t lock; /* guards entries */
    unsigned char *entries;
};

struct keyed_cache {
    atomic_uint_least64_t epoch; /* counts drops */
    struct siphash_key hash_keys[2];
    size_t set_count; /* of each shard; a set is WAYS entries */
    size_t value_bytes, entry_bytes;
    struct shard shards[SHARDS];
};

static struct entry *entry_at(const struct keyed_cache *cache, const struct shard *shard, size_t index)
{
    return (struct entry *)(void *)(shard->entries + index * cache->entry_bytes);
}

struct keyed_cache *keyed_cache_new(size_t entry_count, size_t value_bytes)
{
    struct keyed_cache *cache = calloc(1, sizeof(*cache));
    bool whole = cache != NULL;

    if (!whole)
        return NULL;
    for (int i = 0; i < 2; i++)
        cache->hash_keys[i] = siphash_key_new();
    cache->set_count = entry_count < SHARDS * WAYS ? 1 : entry_count / SHARDS / WAYS;
    cache->value_bytes = value_bytes;
    cache->entry_bytes = (sizeof(struct entry) + value_bytes + alignof(max_align_t) - 1) / alignof(max_align_t) *
                         alignof(max_align_t);
    for (int i = 0; i < SHARDS; i++) {
        (void)pthread_mutex_init(&cache->shards[i].lock, NULL);
        cache->shards[i].entries = calloc(cache->set_count * WAYS, cache->entry_bytes);
        whole = whole && cache->shards[i].entries != NULL;
    }
    if (whole)
        return cache;
    keyed_cache_free(cache);
    return NULL;
}

void keyed_cache_free(struct keyed_cache *cache)
{
    if (cache == NULL)
        return;
    for (int i = 0; i < SHARDS; i++) {
        (void)pthread_mutex_destroy(&cache->shards[i].lock);
        free(cache->shards[i].entries);
    }
    free(cache);
}

struct cache_key keyed_cache_key(const struct keyed_cache *cache, struct str text)
{
    return (struct cache_key){ { siphash(&cache->hash_keys[0], text), siphash(&cache->hash_keys[1], text) } };
}

static struct shard *shard_of(struct keyed_cache *cache, struct cache_key key)
{
    return &cache->shards[key.halves[0] % SHARDS];
}

/* The i-th place in which the key's entry may stand. */
static struct entry *place_of(const struct keyed_cache *cache, const struct shard *shard, struct cache_key key,
                              size_t i)
{
    return entry_at(cache, shard, key.halves[1] % cache->set_count * WAYS + i);
}

static bool is_same(struct cache_key a, struct cache_key b)
{
    return a.halves[0] == b.halves[0] && a.halves[1] == b.halves[1];
}

static struct entry *entry_of(const struct keyed_cache *cache, const struct shard *shard, struct cache_key key)
{
    for (size_t i = 0; i < WAYS; i++) {
        struct entry *entry = place_of(cache, shard, key, i);
        if (entry->until_us != 0 && is_same(entry->key, key))
            return entry;
    }
    return NULL;
}

bool keyed_cache_find(struct keyed_cache *cache, struct cache_key key, int64_t now_us, void *ret_value)
{
    struct shard *shard = shard_of(cache, key);
    struct entry *entry;
    bool found;

    (void)pthread_mutex_lock(&shard->lock);
    entry = entry_of(cache, shard, key);
    found = entry != NULL && now_us < entry->until_us;
    if (found)
        memcpy(ret_value, entry->value, cache->value_bytes);
    (void)pthread_mutex_unlock(&shard->lock);
    return found;
}

uint64_t keyed_cache_epoch(const struct keyed_cache *cache)
{
    return atomic_load(&cache->epoch);
}

/* The key's own place, else the one that counts for the shortest time (an empty one first). */
static struct entry *place_for(const struct keyed_cache *cache, const struct shard *shard, struct cache_key key)
{
    struct entry *place = entry_of(cache, shard, key);

    if (place != NULL)
        return place;
    place = place_of(cache, shard, key, 0);
    for (size_t i = 1; i < WAYS; i++) {
        struct entry *other = place_of(cache, shard, key, i);
        if (other->until_us < place->until_us)
            place = other;
    }
    return place;
}

void keyed_cache_add(struct keyed_cache *cache, struct cache_key key, const void *value, int64_t until_us,
                     uint64_t epoch)
{
    struct shard *shard = shard_of(cache, key);
    struct entry *place;

    (void)pthread_mutex_lock(&shard->lock);
    /* Under the lock: a drop counts before it takes the locks, so it either shows here or finds the new entry. */
    if (atomic_load(&cache->epoch) == epoch) {
        place = place_for(cache, shard, key);
        place->key = key;
        place->until_us = until_us;
        memcpy(place->value, value, cache->value_bytes);
    }
    (void)pthread_mutex_unlock(&shard->lock);
}

void keyed_cache_drop(struct keyed_cache *cache, bool (*matches)(const void *value, const void *arg), const void *arg)
{
    atomic_fetch_add(&cache->epoch, 1);
    for (int i = 0; i < SHARDS; i++) {
        struct shard *shard = &cache->shards[i];
        (void)pthread_mutex_lock(&shard->lock);
        for (size_t j = 0; j < cache->set_count * WAYS; j++) {
            struct entry *entry = entry_at(cache, shard, j);
            if (entry->until_us != 0 && matches(entry->value, arg))
                entry->until_us = 0;
        }
        (void)pthread_mutex_unlock(&shard->lock);
    }
}
