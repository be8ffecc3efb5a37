#include "message_load.h"

enum err message_read(struct ctx *ctx, const struct db_row *row, const struct chat_ref *chat,
                      struct message *ret_message)
{
    *ret_message = (struct message){
        .id = db_row_int(row, MESSAGE_ID),
        .uuid = db_row_uuid(row, MESSAGE_UUID),
        .chat = chat->uuid,
        .seq = db_row_int(row, MESSAGE_SEQ),
        .sender_user_id = db_row_int(row, MESSAGE_SENDER_ID),
        .sender.name = arena_str(ctx->arena, db_row_str(row, MESSAGE_SENDER_NAME)), /* until message_sign */
        .content = arena_str(ctx->arena, db_row_str(row, MESSAGE_CONTENT)),
        .is_ai_response = db_row_int(row, MESSAGE_IS_AI_RESPONSE) != 0,
        .status = (int)db_row_int(row, MESSAGE_STATUS),
        .model = arena_str(ctx->arena, db_row_str(row, MESSAGE_MODEL)),
        .reply_to_id = db_row_int(row, MESSAGE_REPLY_TO),
        .attachment_count = db_row_int(row, MESSAGE_ATTACHMENT_COUNT),
        .edited_us = db_row_int(row, MESSAGE_EDITED_US),
        .deleted_us = db_row_int(row, MESSAGE_DELETED_US),
        .version = db_row_int(row, MESSAGE_VERSION),
        .created_us = db_row_int(row, MESSAGE_CREATED_US),
        .updated_us = db_row_int(row, MESSAGE_UPDATED_US),
    };
    return arena_check(ctx->arena);
}
