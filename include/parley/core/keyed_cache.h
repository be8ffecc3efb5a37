/*
 * A table of values that are remembered by a hash of their key. Fixed memory, locks in shards; finding allocates nothing.
 * An entry may stand in a few places, which its key names; a new one pushes out whatever counts for the shortest time.
 * Any thread.
 */
#ifndef PARLEY_CORE_KEYED_CACHE_H
#define PARLEY_CORE_KEYED_CACHE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "parley/core/str.h"

struct keyed_cache;

/* entry_count: rounded down to a multiple of 64, at least 64. NULL without memory. */
struct keyed_cache *keyed_cache_new(size_t entry_count, size_t value_bytes);
void keyed_cache_free(struct keyed_cache *cache);

/*
 * 128 bits of a keyed hash (SipHash-2-4 twice). Only this process knows the keys, so nobody can make a text that is taken
 * for another; and it costs a fifth of a SHA-256.
 */
struct cache_key {
    uint64_t halves[2];
};
struct cache_key keyed_cache_key(const struct keyed_cache *cache, struct str text);

/* now_us: clock_monotonic_us. False: not there, or too old. */
bool keyed_cache_find(struct keyed_cache *cache, struct cache_key key, int64_t now_us, void *ret_value);

/*
 * To be asked for before the database is read and given to keyed_cache_add, so that what was read before a drop is not
 * remembered after it.
 */
uint64_t keyed_cache_epoch(const struct keyed_cache *cache);
/*
 * until_us: clock_monotonic_us when it ends to count. May push out an older entry. Does nothing when the epoch has
 * passed.
 */
void keyed_cache_add(struct keyed_cache *cache, struct cache_key key, const void *value, int64_t until_us,
                     uint64_t epoch);
/* Forgets all values that `matches` says yes to. */
void keyed_cache_drop(struct keyed_cache *cache, bool (*matches)(const void *value, const void *arg), const void *arg);

#endif
