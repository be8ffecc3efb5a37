#include "parley/domain/talk/saved.h"

#include "message_author.h"
#include "message_load.h"
#include "message_reach.h"
#include "parley/core/limits.h"
#include "parley/db/db.h"
#include "parley/domain/events/event.h"
#include "parley/domain/people/user.h"

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
static enum err tell(struct ctx *ctx, const struct change_call *call, int64_t chat_id, bool saved)
{
    return event_add(ctx, &(struct event){ .kind = EVENT_MESSAGE_SAVED,
                                           .workspace_id = call->owner->m->workspace_id,
                                           .chat_id = chat_id,
                                           .user_id = call->owner->user_id,
                                           .subject = *call->message,
                                           .detail = event_number(ctx, saved) });
}

/* Behind the row, so that what is kept already stays so; under the person's lock, so that many at once make no more. */
static enum err count_check(struct ctx *ctx, int64_t user_id)
{
    int64_t count = 0;

    TRY(db_number(ctx, SQL_SAVED_COUNT, DB_ARGS(DB_INT(user_id)), &count));
    if (count > SAVED_MAX)
        return failf(ctx, ERR_LIMIT, "One person can save %d messages", SAVED_MAX);
    return ERR_OK;
}

static enum err put(struct ctx *ctx, void *arg)
{
    const struct change_call *call = arg;
    struct chat_ref chat;
    int64_t id;
    enum err e;

    TRY(user_row_lock(ctx, call->owner->user_id));
    TRY(target_find(ctx, call, &chat, &id));
    e = db_exec(ctx, SQL_SAVED_INSERT,
                DB_ARGS(DB_INT(chat.workspace_id), DB_INT(chat.user_id), DB_INT(id), DB_INT(ctx->now_us)), NULL);
    if (e == ERR_CONFLICT)
        return ERR_OK;
    TRY(e);
    TRY(count_check(ctx, chat.user_id));
    TRY(db_exec(ctx, SQL_MESSAGE_SET_HAS_SAVES, DB_ARGS(DB_INT(id), DB_INT(chat.id), DB_INT(chat.workspace_id)), NULL));
    return tell(ctx, call, chat.id, true);
}

enum err saved_put(struct ctx *ctx, const struct saved_owner *owner, const struct uuid *message)
{
    return db_run(ctx, put, &(struct change_call){ owner, message });
}

struct kept {
    int64_t message_id, chat_id;
};

static enum err kept_read(struct ctx *ctx, const struct db_row *row, void *arg)
{
    struct kept *kept = arg;

    (void)ctx;
    kept->message_id = db_row_int(row, SAVED_FIND_ID);
    kept->chat_id = db_row_int(row, SAVED_FIND_CHAT_ID);
    return ERR_OK;
}

/* One's own goes whether or not one may still read the message; of any other nothing is told that reading would not tell. */
static enum err take_off(struct ctx *ctx, void *arg)
{
    const struct change_call *call = arg;
    const struct db_value user = DB_INT(call->owner->user_id), workspace = DB_INT(call->owner->m->workspace_id);
    struct kept kept;
    struct chat_ref chat;
    int64_t count = 0;
    enum err e = db_one(ctx, SQL_SAVED_FIND, DB_ARGS(user, DB_UUID(call->message), workspace), kept_read, &kept);

    if (e == ERR_NOT_FOUND)
        return target_find(ctx, call, &chat, &kept.message_id);
    TRY(e);
    TRY(db_exec(ctx, SQL_SAVED_DELETE, DB_ARGS(user, DB_INT(kept.message_id), workspace), &count));
    return count == 0 ? ERR_OK : tell(ctx, call, kept.chat_id, false);
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
