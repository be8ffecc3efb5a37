#include "parley/domain/talk/message_batch.h"

#include <assert.h>

#include "message_author.h"
#include "message_load.h"
#include "parley/core/limits.h"

static enum err message_add(struct ctx *ctx, const struct db_row *row, void *arg)
{
    const struct chat_ref chat = { .uuid = db_row_uuid(row, MESSAGE_BATCH_CHAT_UUID) };
    struct message *message = list_add(ctx->arena, arg, sizeof(*message));
    struct message_author author;

    if (message == NULL)
        return fail(ctx, ERR_NO_MEMORY);
    TRY(message_read(ctx, row, &chat, message));
    message->reply_to = db_row_uuid(row, MESSAGE_BATCH_REPLY_TO_UUID);
    message->root = db_row_uuid(row, MESSAGE_BATCH_ROOT_UUID);
    message_sign(message, message_author_read(ctx, row, MESSAGE_BATCH_AUTHOR, &author) ? &author : NULL);
    return arena_check(ctx->arena);
}

enum err message_batch_load(struct ctx *ctx, int64_t user_id, const struct uuid *ids, size_t count,
                            struct list *ret_messages)
{
    struct db_value values[EVENT_BATCH_MAX];
    struct list messages = { NULL, 0 };

    assert(count <= EVENT_BATCH_MAX);
    for (size_t i = 0; i < EVENT_BATCH_MAX; i++)
        values[i] = i < count ? DB_UUID(&ids[i]) : DB_NULL;
    TRY(db_each(ctx, SQL_MESSAGE_BATCH, (struct db_args){ values, EVENT_BATCH_MAX }, message_add, &messages));
    TRY(message_parts_read(ctx, &(struct chat_ref){ .user_id = user_id }, messages.items, messages.count));
    *ret_messages = messages;
    return ERR_OK;
}
