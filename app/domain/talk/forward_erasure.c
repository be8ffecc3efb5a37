#include "parley/domain/talk/forward_erasure.h"

#include "forward.h"
#include "message_event.h"
#include "parley/db/db.h"
#include "parley/domain/files/attachment.h"
#include "parley/domain/talk/chat.h"
#include "parley/domain/talk/message_index.h"

struct stripping {
    int64_t message_id, workspace_id;
    struct uuid uuid;
    int64_t chat_id, seq, text_at;
    struct str content;
    bool is_deleted;
};

static enum err first_read(struct ctx *ctx, const struct db_row *row, void *arg)
{
    struct stripping *stripping = arg;

    (void)ctx;
    stripping->message_id = db_row_int(row, FORWARD_FIRST_OF_AUTHOR_MESSAGE_ID);
    stripping->workspace_id = db_row_int(row, FORWARD_FIRST_OF_AUTHOR_WORKSPACE_ID);
    return ERR_OK;
}

static enum err text_read(struct ctx *ctx, const struct db_row *row, void *arg)
{
    struct stripping *stripping = arg;

    stripping->uuid = db_row_uuid(row, FORWARD_TEXT_UUID);
    stripping->chat_id = db_row_int(row, FORWARD_TEXT_CHAT_ID);
    stripping->seq = db_row_int(row, FORWARD_TEXT_SEQ);
    stripping->text_at = db_row_int(row, FORWARD_TEXT_TEXT_AT);
    stripping->content = arena_str(ctx->arena, db_row_str(row, FORWARD_TEXT_CONTENT));
    stripping->is_deleted = !db_row_is_null(row, FORWARD_TEXT_DELETED_US);
    return arena_check(ctx->arena);
}

static enum err text_get(struct ctx *ctx, struct stripping *stripping)
{
    return db_one(ctx, SQL_FORWARD_TEXT, DB_ARGS(DB_INT(stripping->message_id), DB_INT(stripping->workspace_id)),
                  text_read, stripping);
}

static enum err content_strip(struct ctx *ctx, const struct stripping *stripping, struct attachment_removal *ret_files)
{
    const struct chat_ref chat = { .id = stripping->chat_id, .workspace_id = stripping->workspace_id };
    const struct db_value message = DB_INT(stripping->message_id), workspace = DB_INT(stripping->workspace_id);

    TRY(attachment_remove_found(ctx, SQL_ATTACHMENTS_GOING_OF_MESSAGE, DB_ARGS(message, workspace), ret_files));
    TRY(message_index_add(ctx, stripping->workspace_id, stripping->message_id, stripping->content));
    TRY(db_exec(ctx, SQL_MESSAGE_STRIP,
                DB_ARGS(DB_TEXT(forward_own_words(stripping->content, stripping->text_at)), DB_INT(ctx->now_us),
                        message, DB_INT(stripping->chat_id), workspace),
                NULL));
    return message_event_add(ctx, EVENT_MESSAGE_UPDATED, &chat, &stripping->uuid, event_number(ctx, stripping->seq));
}

/* The chat's row first, as everywhere; what the message says is read again behind it. */
static enum err strip(struct ctx *ctx, struct stripping *stripping, struct attachment_removal *ret_files)
{
    const struct db_value message = DB_INT(stripping->message_id), workspace = DB_INT(stripping->workspace_id);
    enum err e = text_get(ctx, stripping);

    if (e != ERR_NOT_FOUND)
        TRY(e);
    if (e == ERR_OK) {
        TRY(db_exec(ctx, SQL_CHAT_ADD_MESSAGE_COUNT, DB_ARGS(DB_INT(0), DB_INT(stripping->chat_id), workspace), NULL));
        e = text_get(ctx, stripping);
    }
    if (e == ERR_NOT_FOUND)
        return ERR_OK; /* it has been deleted, or has moved: the next look tells */
    TRY(e);
    if (!stripping->is_deleted)
        TRY(content_strip(ctx, stripping, ret_files));
    TRY(db_exec(ctx, SQL_FORWARD_FORGET_SENDER, DB_ARGS(message, workspace), NULL));
    return db_exec(ctx, SQL_FORWARD_AUTHORS_DELETE, DB_ARGS(message), NULL);
}

enum err forward_erase_step(struct ctx *ctx, int64_t user_id, int64_t *ret_count, struct attachment_removal *ret_files)
{
    struct stripping stripping = { .message_id = 0 };
    enum err e = db_one(ctx, SQL_FORWARD_FIRST_OF_AUTHOR, DB_ARGS(DB_INT(user_id)), first_read, &stripping);

    *ret_count = 0;
    *ret_files = (struct attachment_removal){ .row_count = 0 };
    if (e == ERR_NOT_FOUND)
        return ERR_OK;
    TRY(e);
    TRY(strip(ctx, &stripping, ret_files));
    *ret_count = 1;
    return ERR_OK;
}
