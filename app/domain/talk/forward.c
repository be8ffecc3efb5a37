#include "forward.h"

#include "message_content.h"
#include "message_load.h"
#include "message_reach.h"
#include "parley/core/limits.h"
#include "parley/db/db.h"
#include "parley/domain/files/room.h"

/* ---- what is passed on ---- */

struct str forward_own_words(struct str content, int64_t text_at)
{
    return str_trim(str_head_code_points(content, (size_t)text_at));
}

/* The forwarder's own text, an empty line, and the other one; where the other begins, in code points. */
static enum err texts_join(struct ctx *ctx, struct str source, struct str *content, int64_t *ret_text_at)
{
    static const struct str between = STR_INIT("\n\n");
    struct str own = *content;
    char *text;

    *ret_text_at = (int64_t)str_code_points(own);
    if (source.len == 0)
        return ERR_OK;
    if (own.len == 0) {
        *content = source;
        return ERR_OK;
    }
    *ret_text_at += (int64_t)between.len;
    if (*ret_text_at + (int64_t)str_code_points(source) > CONTENT_MAX_CHARS)
        return problem_add(ctx->problem, (struct fault){ .where = "body",
                                                         .field = "content",
                                                         .type = "string_too_long",
                                                         .message = "is too long together with what is forwarded" });
    text = arena_printf(ctx->arena, "%.*s%.*s%.*s", STR_FMT(own), STR_FMT(between), STR_FMT(source));
    if (text == NULL)
        return fail(ctx, ERR_NO_MEMORY);
    *content = str_from(text);
    return ERR_OK;
}

enum err forward_read(struct ctx *ctx, const struct message_location *location, const struct uuid *source,
                      struct forwarding *ret_forwarding, struct message *message)
{
    struct message *found = &ret_forwarding->source;
    struct chat_ref chat;

    TRY(message_reach(ctx, location->workspace, location->principal->user_id, source, &chat));
    TRY(message_get(ctx, &chat, source, found));
    if (found->status == MESSAGE_PENDING || found->status == MESSAGE_STREAMING)
        return failf(ctx, ERR_CONFLICT, "The message is still being written");
    TRY(texts_join(ctx, found->content, &message->content, &ret_forwarding->text_at));
    message->is_forwarded = true;
    message->attachment_count = (int64_t)found->attachments.count;
    return message_content_check(ctx, message->content, found->attachments.count);
}

/* ---- what is written ---- */

static bool is_only_forwarded(const struct message *source)
{
    return source->forward != NULL && source->forward->text_at == 0;
}

static enum err origin_write(struct ctx *ctx, const struct chat_ref *chat, const struct forwarding *forwarding,
                             const struct message *message)
{
    const struct message *source = &forwarding->source;
    const struct db_value id = DB_INT(message->id), source_id = DB_INT(source->id),
                          workspace = DB_INT(chat->workspace_id);
    bool is_other = is_only_forwarded(source);

    TRY(db_insert(ctx, is_other ? SQL_FORWARD_INSERT_AGAIN : SQL_FORWARD_INSERT,
                  DB_ARGS(id, DB_INT(forwarding->text_at), source_id, workspace), NULL));
    if (!is_other)
        TRY(db_exec(ctx, SQL_FORWARD_AUTHOR_INSERT, DB_ARGS(id, source_id, workspace), NULL));
    if (source->forward == NULL)
        return ERR_OK;
    return db_exec(ctx, SQL_FORWARD_AUTHORS_INHERIT,
                   DB_ARGS(id, source_id, DB_INT(is_other ? 0 : source->sender_user_id)), NULL);
}

static enum err room_check(struct ctx *ctx, const struct chat_ref *chat, const struct message *source,
                           const struct message *message)
{
    int64_t size_bytes = 0;

    if (ctx->config->user_quota > 0)
        TRY(db_number(ctx, SQL_ATTACHMENT_BYTES_NEW_TO_USER,
                      DB_ARGS(DB_INT(source->id), DB_INT(chat->workspace_id), DB_INT(message->sender_user_id)),
                      &size_bytes));
    return room_of_user_check(ctx, message->sender_user_id, size_bytes);
}

/* Fewer files have come along than the row says: where nothing else is to be seen there is no message. */
static enum err count_correct(struct ctx *ctx, const struct chat_ref *chat, struct message *message, int64_t count)
{
    TRY(message_content_check(ctx, message->content, (size_t)count));
    message->attachment_count = count;
    return db_exec(ctx, SQL_FORWARD_SET_ATTACHMENT_COUNT,
                   DB_ARGS(DB_INT(count), DB_INT(message->id), DB_INT(chat->id), DB_INT(chat->workspace_id)), NULL);
}

/* A file that the job has found not to be what was promised has gone from the source by now, and does not come here. */
static enum err files_share(struct ctx *ctx, const struct chat_ref *chat, const struct message *source,
                            struct message *message)
{
    const struct binding binding = { chat->workspace_id, message->id, message->sender_user_id };
    const struct attachment *files = source->attachments.items;
    int64_t shared_count = 0;

    if (source->attachments.count == 0)
        return ERR_OK;
    TRY(room_check(ctx, chat, source, message));
    for (size_t i = 0; i < source->attachments.count; i++) {
        enum err e = attachment_share(ctx, &binding, files[i].id);

        if (e != ERR_NOT_FOUND)
            TRY(e);
        shared_count += e == ERR_OK;
    }
    return shared_count == message->attachment_count ? ERR_OK : count_correct(ctx, chat, message, shared_count);
}

enum err forward_write(struct ctx *ctx, const struct chat_ref *chat, const struct forwarding *forwarding,
                       struct message *message)
{
    TRY(files_share(ctx, chat, &forwarding->source, message));
    TRY(origin_write(ctx, chat, forwarding, message));
    message->mentions = (struct list){ NULL, 0 };
    return message_parts_read(ctx, chat, message, 1);
}
