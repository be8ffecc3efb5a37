#include "message_reply.h"

#include "parley/db/db.h"

enum { TARGETS_AT_ONCE = 8 };

struct replying {
    struct message *messages;
    size_t count;
    int64_t ids[TARGETS_AT_ONCE]; /* not on the page, to be read */
    size_t id_count;
};

/* Everywhere that it is replied to, or a root. */
static void target_name(struct replying *replying, int64_t id, const struct uuid *uuid)
{
    for (size_t i = 0; i < replying->count; i++) {
        struct message *message = &replying->messages[i];
        if (message->reply_to_id == id)
            message->reply_to = *uuid;
        if (message->root_id == id)
            message->root = *uuid;
    }
}

static enum err target_read(struct ctx *ctx, const struct db_row *row, void *arg)
{
    const struct uuid uuid = db_row_uuid(row, MESSAGE_UUID_LIST_UUID);

    (void)ctx;
    target_name(arg, db_row_int(row, MESSAGE_UUID_LIST_ID), &uuid);
    return ERR_OK;
}

static const struct message *find(const struct replying *replying, int64_t id)
{
    for (size_t i = 0; i < replying->count; i++)
        if (replying->messages[i].id == id)
            return &replying->messages[i];
    return NULL;
}

static enum err targets_read(struct ctx *ctx, const struct chat_ref *chat, struct replying *replying)
{
    struct db_value values[TARGETS_AT_ONCE + 2];

    for (size_t i = 0; i < TARGETS_AT_ONCE; i++)
        values[i] = DB_INT(replying->ids[i < replying->id_count ? i : 0]);
    values[TARGETS_AT_ONCE] = DB_INT(chat->id);
    values[TARGETS_AT_ONCE + 1] = DB_INT(chat->workspace_id);
    replying->id_count = 0;
    return db_each(ctx, SQL_MESSAGE_UUID_LIST, (struct db_args){ values, TARGETS_AT_ONCE + 2 }, target_read, replying);
}

/* One that is on the page is named at once, another one is noted. */
static enum err target_want(struct ctx *ctx, const struct chat_ref *chat, int64_t id, struct replying *replying)
{
    const struct message *target = id == 0 ? NULL : find(replying, id);

    if (target != NULL)
        target_name(replying, id, &target->uuid);
    if (id == 0 || target != NULL)
        return ERR_OK;
    for (size_t i = 0; i < replying->id_count; i++)
        if (replying->ids[i] == id)
            return ERR_OK;
    replying->ids[replying->id_count++] = id;
    return replying->id_count == TARGETS_AT_ONCE ? targets_read(ctx, chat, replying) : ERR_OK;
}

enum err replies_name(struct ctx *ctx, const struct chat_ref *chat, struct message *messages, size_t count)
{
    struct replying replying = { .messages = messages, .count = count };

    for (size_t i = 0; i < count; i++) {
        TRY(target_want(ctx, chat, messages[i].reply_to_id, &replying));
        TRY(target_want(ctx, chat, messages[i].root_id, &replying));
    }
    return replying.id_count == 0 ? ERR_OK : targets_read(ctx, chat, &replying);
}
