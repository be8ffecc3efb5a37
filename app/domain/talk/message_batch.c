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
    message_sign(message, message_author_read(ctx, row, MESSAGE_BATCH_AUTHOR, &author) ? &author : NULL);
    return arena_check(ctx->arena);
}

static enum err attachment_add(struct ctx *ctx, const struct db_row *row, void *arg)
{
    const struct list *messages = arg;
    struct attachment attachment, *added;

    TRY(attachment_read(ctx, row, &attachment));
    for (size_t i = 0; i < messages->count; i++) {
        struct message *message = (struct message *)messages->items + i;

        if (message->id != attachment.message_id)
            continue;
        added = list_add(ctx->arena, &message->attachments, sizeof(*added));
        if (added == NULL)
            return fail(ctx, ERR_NO_MEMORY);
        *added = attachment;
    }
    return ERR_OK;
}

static enum err attachments_load(struct ctx *ctx, struct list *messages)
{
    struct db_value ids[EVENT_BATCH_MAX];
    bool has_any = false;

    for (size_t i = 0; i < EVENT_BATCH_MAX; i++)
        ids[i] = DB_NULL;
    for (size_t i = 0; i < messages->count; i++) {
        const struct message *message = (const struct message *)messages->items + i;

        if (message->attachment_count == 0)
            continue;
        ids[i] = DB_INT(message->id);
        has_any = true;
    }
    return has_any ? db_each(ctx, SQL_ATTACHMENTS_OF_BATCH, (struct db_args){ ids, EVENT_BATCH_MAX }, attachment_add,
                             messages)
                   : ERR_OK;
}

enum err message_batch_load(struct ctx *ctx, const struct uuid *ids, size_t count, struct list *ret_messages)
{
    struct db_value values[EVENT_BATCH_MAX];
    struct list messages = { NULL, 0 };

    assert(count <= EVENT_BATCH_MAX);
    for (size_t i = 0; i < EVENT_BATCH_MAX; i++)
        values[i] = i < count ? DB_UUID(&ids[i]) : DB_NULL;
    TRY(db_each(ctx, SQL_MESSAGE_BATCH, (struct db_args){ values, EVENT_BATCH_MAX }, message_add, &messages));
    TRY(attachments_load(ctx, &messages));
    *ret_messages = messages;
    return ERR_OK;
}
