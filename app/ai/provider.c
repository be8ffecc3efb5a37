#include "parley/ai/provider.h"

struct ai_provider *ai_provider_hold(struct ai_provider *provider)
{
    atomic_fetch_add_explicit(&provider->user_count, 1, memory_order_relaxed);
    return provider;
}

void ai_provider_drop(struct ai_provider *provider)
{
    if (provider != NULL && atomic_fetch_sub_explicit(&provider->user_count, 1, memory_order_acq_rel) == 1)
        provider->release(provider);
}
