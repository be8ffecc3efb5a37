#include "parley/domain/talk/pin.h"

#include "message_event.h"
#include "message_load.h"
#include "message_lock.h"
#include "parley/core/limits.h"
#include "parley/db/db.h"

struct pin_call {
    const struct message_location *location;
    const struct uuid *message;
};

/* Told with 1 or 0 as detail. */
static enum err set_pinned(struct ctx *ctx, const struct locked_message *locked, const struct uuid *message,
                           bool pinned)
{
    TRY(db_exec(ctx, SQL_MESSAGE_SET_PINNED,
                DB_ARGS(DB_INT(pinned), DB_INT(locked->id), DB_INT(locked->chat.id), DB_INT(locked->chat.workspace_id)),
                NULL));
    return message_event_add(ctx, EVENT_MESSAGE_PINNED, &locked->chat, message, event_number(ctx, pinned));
}

static enum err put(struct ctx *ctx, void *arg)
{
    const struct pin_call *call = arg;
    struct locked_message locked;
    int64_t count = 0;
    enum err e;

    TRY(message_lock(ctx, call->location, CHAT_WRITE, call->message, &locked));
    e = db_exec(ctx, SQL_PIN_INSERT,
                DB_ARGS(DB_INT(locked.id), DB_INT(locked.chat.id), DB_INT(locked.chat.workspace_id),
                        DB_INT(locked.chat.user_id), DB_INT(ctx->now_us)),
                NULL);
    if (e == ERR_CONFLICT)
        return ERR_OK;
    TRY(e);
    TRY(db_number(ctx, SQL_PIN_COUNT, DB_ARGS(DB_INT(locked.chat.id), DB_INT(locked.chat.workspace_id)), &count));
    if (count > PINS_MAX)
        return failf(ctx, ERR_LIMIT, "A chat has at most %d pinned messages", PINS_MAX);
    return set_pinned(ctx, &locked, call->message, true);
}

enum err pin_put(struct ctx *ctx, const struct message_location *location, const struct uuid *message)
{
    return db_run(ctx, put, &(struct pin_call){ location, message });
}

static enum err take_off(struct ctx *ctx, void *arg)
{
    const struct pin_call *call = arg;
    struct locked_message locked;
    int64_t count = 0;

    TRY(message_lock(ctx, call->location, CHAT_WRITE, call->message, &locked));
    TRY(db_exec(ctx, SQL_PIN_DELETE, DB_ARGS(DB_INT(locked.id), DB_INT(locked.chat.workspace_id)), &count));
    return count == 0 ? ERR_OK : set_pinned(ctx, &locked, call->message, false);
}

enum err pin_remove(struct ctx *ctx, const struct message_location *location, const struct uuid *message)
{
    return db_run(ctx, take_off, &(struct pin_call){ location, message });
}

enum err pin_list(struct ctx *ctx, const struct message_location *location, struct list *ret_list)
{
    struct chat_ref chat;

    TRY(chat_require(ctx, location->workspace, location->principal->user_id, &location->chat, CHAT_READ, &chat));
    return messages_load(
        ctx, &chat,
        &(struct messages_query){ .statement = SQL_PIN_LIST,
                                  .args = DB_ARGS(DB_INT(chat.id), DB_INT(chat.workspace_id), DB_INT(PINS_MAX)),
                                  .limit = PINS_MAX },
        ret_list);
}
