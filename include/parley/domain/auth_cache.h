/*
 * Who a token belongs to, remembered for at most CACHE_MAX_MS: SHA-256 of the token → principal. Fixed memory, locks in
 * shards; finding allocates nothing. Any thread.
 */
#ifndef PARLEY_DOMAIN_AUTH_CACHE_H
#define PARLEY_DOMAIN_AUTH_CACHE_H

#include <stdbool.h>
#include <stdint.h>

#include "parley/auth/digest.h"
#include "parley/domain/principal.h"

struct auth_cache;

/* NULL without memory. */
struct auth_cache *auth_cache_new(void);
void auth_cache_free(struct auth_cache *cache);

/* now_us: clock_monotonic_us. False: not there, or too old. */
bool auth_cache_find(struct auth_cache *cache, const uint8_t token_hash[SHA256_BYTES], int64_t now_us,
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
void auth_cache_add(struct auth_cache *cache, const uint8_t token_hash[SHA256_BYTES], const struct principal *principal,
                    int64_t until_us, uint64_t epoch);
/* Forgets all tokens of a user. To be called after the commit that changes their sessions, role or state. */
void auth_cache_drop(struct auth_cache *cache, int64_t user_id);

#endif
