#include "parley/domain/trust/auth_cache.h"

#include "parley/core/limits.h"

struct keyed_cache *auth_cache_new(void)
{
    return keyed_cache_new(AUTH_CACHE_ENTRIES, sizeof(struct principal));
}

static bool is_of(const void *value, const void *arg)
{
    const struct principal *principal = value;

    return principal->user_id == *(const int64_t *)arg;
}

void auth_cache_drop(struct keyed_cache *cache, int64_t user_id)
{
    keyed_cache_drop(cache, is_of, &user_id);
}
