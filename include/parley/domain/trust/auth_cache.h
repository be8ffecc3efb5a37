/*
 * Who a token belongs to, remembered for at most CACHE_MAX_MS. Fixed memory, locks in shards; finding allocates nothing.
 * Any thread.
 */
#ifndef PARLEY_DOMAIN_AUTH_CACHE_H
#define PARLEY_DOMAIN_AUTH_CACHE_H

#include <stdbool.h>
#include <stdint.h>

#include "parley/core/str.h"
#include "parley/domain/record/principal.h"

struct auth_cache;

/* NULL without memory. */
struct auth_cache *auth_cache_new(void);
void auth_cache_free(struct auth_cache *cache);

/*
 * What a token is remembered by: 128 bits of a keyed hash (SipHash-2-4 twice). Only this process knows the keys, so nobody
 * can make a token that is taken for another; and it costs a fifth of a SHA-256.
 */
struct auth_cache_key {
    uint64_t halves[2];
};
struct auth_cache_key auth_cache_key_of(const struct auth_cache *cache, struct str token);

/* now_us: clock_monotonic_us. False: not there, or too old. */
bool auth_cache_find(struct auth_cache *cache, struct auth_cache_key key, int64_t now_us,
                     struct principal *ret_principal);

/*
 * To be asked for before the database is read and given to auth_cache_add, so that what was read before a drop is not
 * remembered after it.
 */
uint64_t auth_cache_epoch(const struct auth_cache *cache);
/*
 * until_us: clock_monotonic_us when it ends to count. May push out an older entry. Does nothing when the epoch has
 * passed.
 */
void auth_cache_add(struct auth_cache *cache, struct auth_cache_key key, const struct principal *principal,
                    int64_t until_us, uint64_t epoch);
/* Forgets all tokens of a user. To be called after the commit that changes their sessions, role or state. */
void auth_cache_drop(struct auth_cache *cache, int64_t user_id);

#endif
