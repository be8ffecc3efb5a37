#include "parley/domain/talk/typing.h"

#include "chat_people.h"
#include "parley/core/clock.h"
#include "parley/core/limits.h"
#include "parley/live/signal.h"

enum { CACHE_ENTRIES = 1024 };

struct keyed_cache *typing_cache_new(void)
{
    return keyed_cache_new(CACHE_ENTRIES, sizeof(char));
}

/* Whether it was told a moment ago; if not, it is from now. */
static bool was_told(struct keyed_cache *cache, int64_t user_id, int64_t chat_id)
{
    const int64_t ids[] = { user_id, chat_id };
    struct cache_key key = keyed_cache_key(cache, (struct str){ (const char *)ids, sizeof(ids) });
    int64_t now_us = clock_monotonic_us();
    char told = 1;

    if (keyed_cache_find(cache, key, now_us, &told))
        return true;
    keyed_cache_add(cache, key, &told, now_us + TYPING_S * US_PER_S, keyed_cache_epoch(cache));
    return false;
}

enum err typing_tell(struct ctx *ctx, const struct principal *principal, const struct chat_ref *chat)
{
    char chat_text[UUID_TEXT_BYTES], user_text[UUID_TEXT_BYTES], text[160];
    struct live_event event = { .workspace_id = chat->workspace_id, .chat_id = chat->id };
    struct list people;
    enum err e;

    if (was_told(ctx->app->typing_cache, principal->user_id, chat->id))
        return ERR_OK;
    e = chat_people_list(ctx, chat, TYPING_MEMBERS_MAX, &people);
    if (e != ERR_OK)
        return e == ERR_LIMIT ? ERR_OK : e;
    event.audience = chat->join == CHAT_JOIN_WORKSPACE ? LIVE_TO_WORKSPACE : LIVE_TO_MEMBERS;
    if (event.audience == LIVE_TO_MEMBERS) {
        event.member_ids = people.items;
        event.member_count = people.count;
    }
    uuid_format(&chat->uuid, chat_text);
    uuid_format(&principal->user, user_text);
    (void)snprintf(text, sizeof(text), "event: typing\ndata: {\"chat_id\":\"%s\",\"user_id\":\"%s\"}\n", chat_text,
                   user_text);
    signal_send(ctx->app->bus, &event, str_from(text));
    return ERR_OK;
}
