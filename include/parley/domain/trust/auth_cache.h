/* Who a token belongs to (struct principal), remembered for at most CACHE_MAX_MS. Any thread. */
#ifndef PARLEY_DOMAIN_AUTH_CACHE_H
#define PARLEY_DOMAIN_AUTH_CACHE_H

#include <stdint.h>

#include "parley/core/keyed_cache.h"
#include "parley/domain/record/principal.h"

/* NULL without memory. */
struct keyed_cache *auth_cache_new(void);
/* Forgets all tokens of a user. To be called after the commit that changes their sessions, role or state. */
void auth_cache_drop(struct keyed_cache *cache, int64_t user_id);

#endif
