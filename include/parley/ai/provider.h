/*
 * A provider as the engine needs it: made by whoever owns the rows, never changed, counted. A row that changes becomes a new
 * one; answers under way go on with what they began with.
 */
#ifndef PARLEY_AI_PROVIDER_H
#define PARLEY_AI_PROVIDER_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "parley/ai/kinds.h"
#include "parley/egress/guard.h"

struct ai_provider {
    int64_t
        id; /* of the row; queue, breaker and figures belong to it. Those of the settings have ids of their own, below 0 */
    int64_t version;  /* of the row: another one closes the breaker */
    const char *name; /* as people see it */
    const struct provider_ops *ops;
    const char *base_url;
    const char *key;         /* ""; or the key, in locked memory */
    enum egress_trust trust; /* who named the address */
    bool http1;
    int max_parallel;                              /* answers at once, ≥ 1 */
    int connect_s, first_token_s, idle_s, total_s; /* ≥ 1; total: of all attempts, from the first one on */

    atomic_int user_count;                         /* 1 when it is made: its maker's */
    void (*release)(struct ai_provider *provider); /* frees it and what it points to, wiping the key */
};

/* One more user; returns it. Any thread that has one. */
struct ai_provider *ai_provider_hold(struct ai_provider *provider);
/* One less; the last one's frees it. Any thread. NULL is fine. */
void ai_provider_drop(struct ai_provider *provider);

#endif
