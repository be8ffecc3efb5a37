#include "parley/domain/talk/access_cache.h"

#include "parley/core/clock.h"
#include "parley/core/limits.h"
#include "parley/domain/talk/chat.h"

struct entry {
    struct membership m;
    struct chat_ref chat;
};

struct keyed_cache *access_cache_new(void)
{
    return keyed_cache_new(ACCESS_CACHE_ENTRIES, sizeof(struct entry));
}

static struct cache_key key_of(const struct keyed_cache *cache, int64_t user_id, const struct uuid *workspace,
                               const struct uuid *chat)
{
    static const struct uuid none;
    unsigned char bytes[sizeof(user_id) + 2 * sizeof(struct uuid)];

    memcpy(bytes, &user_id, sizeof(user_id));
    memcpy(bytes + sizeof(user_id), workspace->bytes, sizeof(workspace->bytes));
    memcpy(bytes + sizeof(user_id) + sizeof(struct uuid), chat != NULL ? chat->bytes : none.bytes, sizeof(none.bytes));
    return keyed_cache_key(cache, (struct str){ (const char *)bytes, sizeof(bytes) });
}

bool access_recall(struct ctx *ctx, const struct uuid *workspace, const struct uuid *chat, int64_t user_id,
                   struct membership *ret_membership)
{
    struct keyed_cache *cache = ctx->app->access_cache;
    struct chat_ref *ref = NULL;
    struct entry entry;

    if (cache == NULL ||
        !keyed_cache_find(cache, key_of(cache, user_id, workspace, chat), clock_monotonic_us(), &entry))
        return false;
    if (chat != NULL) {
        ref = arena_alloc(ctx->arena, sizeof(*ref));
        if (ref == NULL)
            return false;
        *ref = entry.chat;
    }
    *ret_membership = entry.m;
    ret_membership->chat = ref;
    return true;
}

void access_remember(struct ctx *ctx, const struct uuid *chat, int64_t user_id, const struct membership *m)
{
    struct keyed_cache *cache = ctx->app->access_cache;
    struct entry entry;

    if (cache == NULL || (chat != NULL && m->chat == NULL))
        return;
    memset(&entry, 0, sizeof(entry));
    entry.m = *m;
    entry.m.chat = NULL;
    entry.m.is_guess = true;
    if (chat != NULL) {
        entry.chat = *m->chat;
        entry.chat.seen_workspace = m->version;
    }
    keyed_cache_add(cache, key_of(cache, user_id, &m->workspace, chat), &entry,
                    clock_monotonic_us() + ACCESS_CACHE_S * US_PER_S, keyed_cache_epoch(cache));
}
