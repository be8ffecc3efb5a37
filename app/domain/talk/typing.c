#include "parley/domain/talk/typing.h"

#include "parley/core/clock.h"
#include "parley/core/limits.h"
#include "parley/domain/talk/chat_people.h"
#include "parley/domain/talk/ephemeral.h"
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

/* ---- telling ---- */

/* What is told, and whom; the people are in the arena. */
struct typing {
    struct live_event event;
    char text[160];
};

/* ERR_LIMIT: the chat is too large for it to be told; nothing is written into the problem. */
static enum err typing_make(struct ctx *ctx, const struct chat_ref *chat, const struct uuid *user,
                            struct typing *typing)
{
    char chat_text[UUID_TEXT_BYTES], user_text[UUID_TEXT_BYTES];
    struct list people;

    TRY(chat_people_list(ctx, chat, TYPING_MEMBERS_MAX, &people));
    typing->event =
        (struct live_event){ .audience = LIVE_TO_WORKSPACE, .workspace_id = chat->workspace_id, .chat_id = chat->id };
    if (chat->join != CHAT_JOIN_WORKSPACE) {
        typing->event.audience = LIVE_TO_MEMBERS;
        typing->event.member_ids = people.items;
        typing->event.member_count = people.count;
    }
    uuid_format(&chat->uuid, chat_text);
    uuid_format(user, user_text);
    (void)snprintf(typing->text, sizeof(typing->text), "event: typing\ndata: {\"chat_id\":\"%s\",\"user_id\":\"%s\"}\n",
                   chat_text, user_text);
    return ERR_OK;
}

enum err typing_tell(struct ctx *ctx, const struct principal *principal, const struct chat_ref *chat)
{
    struct typing typing;
    enum err e;

    if (was_told(ctx->app->typing_cache, principal->user_id, chat->id))
        return ERR_OK;
    e = typing_make(ctx, chat, &principal->user, &typing);
    if (e != ERR_OK)
        return e == ERR_LIMIT ? ERR_OK : e;
    signal_send(ctx->app->bus, &typing.event, str_from(typing.text));
    ephemeral_typing(ctx->app, chat->workspace_id, chat->id, principal->user_id);
    return ERR_OK;
}

enum err typing_hear(struct ctx *ctx, const struct chat_ref *chat, const struct uuid *user)
{
    struct typing typing;
    enum err e = typing_make(ctx, chat, user, &typing);

    if (e != ERR_OK)
        return e == ERR_LIMIT ? ERR_OK : e;
    hub_signal(ctx->app->hub, &typing.event, str_from(typing.text));
    return ERR_OK;
}
