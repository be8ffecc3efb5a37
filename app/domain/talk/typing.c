#include "parley/domain/talk/typing.h"

#include "parley/core/clock.h"
#include "parley/core/limits.h"
#include "parley/db/db.h"
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

struct members {
    int64_t ids[TYPING_MEMBERS_MAX + 1];
    size_t count;
};

static enum err id_add(struct ctx *ctx, const struct db_row *row, void *arg)
{
    struct members *members = arg;

    (void)ctx;
    members->ids[members->count++] = db_row_int(row, TYPING_CHAT_USER_ID);
    return ERR_OK;
}

static enum err members_find(struct ctx *ctx, const struct chat_ref *chat, struct members *ret_members)
{
    const struct db_value limit = DB_INT(COUNT_OF(ret_members->ids)), workspace = DB_INT(chat->workspace_id);

    ret_members->count = 0;
    if (chat->join == CHAT_JOIN_WORKSPACE)
        return db_each(ctx, SQL_TYPING_WORKSPACE, DB_ARGS(workspace, limit), id_add, ret_members);
    return db_each(ctx, SQL_TYPING_CHAT, DB_ARGS(workspace, DB_INT(chat->id), limit), id_add, ret_members);
}

/* ---- telling ---- */

/* What is told, and whom. */
struct typing {
    struct live_event event;
    struct members members;
    char text[160];
};

/* *ret_is_told false: the chat is too large. */
static enum err typing_make(struct ctx *ctx, const struct chat_ref *chat, const struct uuid *user,
                            struct typing *typing, bool *ret_is_told)
{
    char chat_text[UUID_TEXT_BYTES], user_text[UUID_TEXT_BYTES];

    TRY(members_find(ctx, chat, &typing->members));
    *ret_is_told = typing->members.count <= TYPING_MEMBERS_MAX;
    typing->event =
        (struct live_event){ .audience = LIVE_TO_WORKSPACE, .workspace_id = chat->workspace_id, .chat_id = chat->id };
    if (chat->join != CHAT_JOIN_WORKSPACE) {
        typing->event.audience = LIVE_TO_MEMBERS;
        typing->event.member_ids = typing->members.ids;
        typing->event.member_count = typing->members.count;
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
    bool is_told;

    if (was_told(ctx->app->typing_cache, principal->user_id, chat->id))
        return ERR_OK;
    TRY(typing_make(ctx, chat, &principal->user, &typing, &is_told));
    if (!is_told)
        return ERR_OK;
    signal_send(ctx->app->bus, &typing.event, str_from(typing.text));
    ephemeral_typing(ctx->app, chat->workspace_id, chat->id, principal->user_id);
    return ERR_OK;
}

enum err typing_hear(struct ctx *ctx, const struct chat_ref *chat, const struct uuid *user)
{
    struct typing typing;
    bool is_told;

    TRY(typing_make(ctx, chat, user, &typing, &is_told));
    if (is_told)
        hub_signal(ctx->app->hub, &typing.event, str_from(typing.text));
    return ERR_OK;
}
