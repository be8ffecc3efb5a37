#include "parley/domain/workspaces/chat_row.h"

#include "parley/core/list.h"
#include "parley/core/outcome.h"
#include "parley/db/db.h"
#include "parley/domain/events/event_row.h"

enum err chat_row_tell(struct ctx *ctx, enum event_kind kind, const struct chat_row *chat)
{
    return event_add(ctx, &(struct event){ .kind = kind,
                                           .workspace_id = chat->workspace_id,
                                           .chat_id = chat->id,
                                           .subject = chat->uuid,
                                           .detail = event_number(ctx, chat->join) });
}

enum err chat_row_delete(struct ctx *ctx, const struct chat_row *chat)
{
    outcome_wake(ctx, OUTCOME_DATA);
    TRY(db_exec(ctx, SQL_CHAT_MARK_DELETED,
                DB_ARGS(DB_INT(ctx->now_us), DB_INT(ctx->now_us), DB_INT(chat->id), DB_INT(chat->workspace_id)), NULL));
    return chat_row_tell(ctx, EVENT_CHAT_DELETED, chat);
}

static enum err deserted_add(struct ctx *ctx, const struct db_row *row, void *arg)
{
    struct chat_row *chat = list_add(ctx->arena, arg, sizeof(*chat));

    if (chat == NULL)
        return fail(ctx, ERR_NO_MEMORY);
    chat->id = db_row_int(row, CHATS_DESERTED_ID);
    chat->uuid = db_row_uuid(row, CHATS_DESERTED_UUID);
    return ERR_OK;
}

enum err chat_row_delete_deserted(struct ctx *ctx, int64_t workspace_id, int64_t user_id)
{
    struct list deserted = { NULL, 0 };

    TRY(db_each(ctx, SQL_CHATS_DESERTED, DB_ARGS(DB_INT(workspace_id), DB_INT(user_id)), deserted_add, &deserted));
    for (size_t i = 0; i < deserted.count; i++) {
        struct chat_row *chat = (struct chat_row *)deserted.items + i;

        chat->workspace_id = workspace_id;
        chat->join = EVENT_JOIN_INVITE;
        TRY(chat_row_delete(ctx, chat));
    }
    return ERR_OK;
}
