#include "parley/domain/talk/saved.h"

#include "message_author.h"
#include "message_load.h"
#include "message_reach.h"
#include "parley/db/db.h"
#include "parley/domain/events/event.h"

/* ---- changing ---- */

struct change_call {
    const struct saved_owner *owner;
    const struct uuid *message;
};

/* The message and its chat, for whoever may read them. */
static enum err target_find(struct ctx *ctx, const struct change_call *call, struct chat_ref *ret_chat, int64_t *ret_id)
{
    struct message_thread thread;

    TRY(message_reach(ctx, call->owner->m, call->owner->user_id, call->message, ret_chat));
    TRY(message_thread_get(ctx, ret_chat, call->message, &thread));
    *ret_id = thread.id;
    return ERR_OK;
}

/* With 1 or 0 as detail. */
static enum err tell(struct ctx *ctx, const struct change_call *call, const struct chat_ref *chat, bool saved)
{
    return event_add(ctx, &(struct event){ .kind = EVENT_MESSAGE_SAVED,
                                           .workspace_id = chat->workspace_id,
                                           .chat_id = chat->id,
                                           .user_id = call->owner->user_id,
                                           .subject = *call->message,
                                           .detail = event_number(ctx, saved) });
}

static enum err put(struct ctx *ctx, void *arg)
{
    const struct change_call *call = arg;
    struct chat_ref chat;
    int64_t id;
    enum err e;

    TRY(target_find(ctx, call, &chat, &id));
    e = db_exec(ctx, SQL_SAVED_INSERT,
                DB_ARGS(DB_INT(chat.workspace_id), DB_INT(chat.user_id), DB_INT(id), DB_INT(ctx->now_us)), NULL);
    if (e == ERR_CONFLICT)
        return ERR_OK;
    TRY(e);
    TRY(db_exec(ctx, SQL_MESSAGE_SET_HAS_SAVES, DB_ARGS(DB_INT(id), DB_INT(chat.id), DB_INT(chat.workspace_id)), NULL));
    return tell(ctx, call, &chat, true);
}

enum err saved_put(struct ctx *ctx, const struct saved_owner *owner, const struct uuid *message)
{
    return db_run(ctx, put, &(struct change_call){ owner, message });
}

static enum err take_off(struct ctx *ctx, void *arg)
{
    const struct change_call *call = arg;
    struct chat_ref chat;
    int64_t id, count = 0;

    TRY(target_find(ctx, call, &chat, &id));
    TRY(db_exec(ctx, SQL_SAVED_DELETE, DB_ARGS(DB_INT(chat.user_id), DB_INT(id), DB_INT(chat.workspace_id)), &count));
    return count == 0 ? ERR_OK : tell(ctx, call, &chat, false);
}

enum err saved_remove(struct ctx *ctx, const struct saved_owner *owner, const struct uuid *message)
{
    return db_run(ctx, take_off, &(struct change_call){ owner, message });
}

/* ---- reading ---- */

/* The messages stand apart, one behind the other, as what loads their parts wants them. */
struct listing {
    const struct saved_owner *owner;
    const struct saved_range *range;
    struct message *messages;
    struct saved_message *items;
    size_t count;
};

static enum err listing_add(struct ctx *ctx, const struct db_row *row, void *arg)
{
    struct listing *listing = arg;
    const struct chat_ref chat = { .uuid = db_row_uuid(row, SAVED_LIST_CHAT_UUID) };
    struct message *message = &listing->messages[listing->count];

    if (listing->count >= (size_t)listing->range->limit)
        return fail(ctx, ERR_INTERNAL);
    TRY(message_read(ctx, row, &chat, message));
    message->reply_to = db_row_uuid(row, SAVED_LIST_REPLY_TO_UUID);
    message->root = db_row_uuid(row, SAVED_LIST_ROOT_UUID);
    listing->items[listing->count].id = db_row_int(row, SAVED_LIST_SAVED_ID);
    listing->items[listing->count++].saved_us = db_row_int(row, SAVED_LIST_SAVED_US);
    return ERR_OK;
}

static enum err list_read(struct ctx *ctx, void *arg)
{
    struct listing *listing = arg;
    const struct saved_owner *owner = listing->owner;
    const struct chat_ref reader = { .workspace_id = owner->m->workspace_id, .user_id = owner->user_id };

    TRY(db_each(ctx, SQL_SAVED_LIST,
                DB_ARGS(DB_INT(reader.workspace_id), DB_INT(reader.user_id), DB_INT(listing->range->before_id),
                        DB_INT(listing->range->limit)),
                listing_add, listing));
    TRY(messages_sign(ctx, listing->messages, listing->count, 0));
    return message_parts_read(ctx, &reader, listing->messages, listing->count);
}

enum err saved_list(struct ctx *ctx, const struct saved_owner *owner, const struct saved_range *range,
                    struct list *ret_list)
{
    struct listing listing = { .owner = owner, .range = range };

    listing.messages = arena_calloc(ctx->arena, (size_t)range->limit, sizeof(*listing.messages));
    listing.items = arena_calloc(ctx->arena, (size_t)range->limit, sizeof(*listing.items));
    if (listing.messages == NULL || listing.items == NULL)
        return fail(ctx, ERR_NO_MEMORY);
    TRY(db_read(ctx, list_read, &listing));
    for (size_t i = 0; i < listing.count; i++)
        listing.items[i].message = listing.messages[i];
    *ret_list = (struct list){ listing.items, listing.count };
    return ERR_OK;
}
