#include "message_reply.h"

#include "parley/db/db.h"

enum { TARGETS_AT_ONCE = 8 };

struct replying {
    struct message *messages;
    size_t count;
};

static enum err target_read(struct ctx *ctx, const struct db_row *row, void *arg)
{
    struct replying *replying = arg;
    int64_t id = db_row_int(row, MESSAGE_UUID_LIST_ID);

    (void)ctx;
    for (size_t i = 0; i < replying->count; i++)
        if (replying->messages[i].reply_to_id == id)
            replying->messages[i].reply_to = db_row_uuid(row, MESSAGE_UUID_LIST_UUID);
    return ERR_OK;
}

static const struct message *find(const struct replying *replying, int64_t id)
{
    for (size_t i = 0; i < replying->count; i++)
        if (replying->messages[i].id == id)
            return &replying->messages[i];
    return NULL;
}

static enum err targets_read(struct ctx *ctx, const struct chat_ref *chat, const int64_t *ids, size_t count,
                             struct replying *replying)
{
    struct db_value values[TARGETS_AT_ONCE + 2];

    for (size_t i = 0; i < TARGETS_AT_ONCE; i++)
        values[i] = DB_INT(ids[i < count ? i : 0]);
    values[TARGETS_AT_ONCE] = DB_INT(chat->id);
    values[TARGETS_AT_ONCE + 1] = DB_INT(chat->workspace_id);
    return db_each(ctx, SQL_MESSAGE_UUID_LIST, (struct db_args){ values, TARGETS_AT_ONCE + 2 }, target_read, replying);
}

enum err replies_name(struct ctx *ctx, const struct chat_ref *chat, struct message *messages, size_t count)
{
    struct replying replying = { messages, count };
    int64_t ids[TARGETS_AT_ONCE];
    size_t id_count = 0;

    for (size_t i = 0; i < count; i++) {
        const struct message *target = messages[i].reply_to_id == 0 ? NULL : find(&replying, messages[i].reply_to_id);
        if (target != NULL)
            messages[i].reply_to = target->uuid;
        else if (messages[i].reply_to_id != 0)
            ids[id_count++] = messages[i].reply_to_id;
        if (id_count == TARGETS_AT_ONCE || (id_count > 0 && i + 1 == count)) {
            TRY(targets_read(ctx, chat, ids, id_count, &replying));
            id_count = 0;
        }
    }
    return ERR_OK;
}
