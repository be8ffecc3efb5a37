#include "message_reach.h"

#include "parley/db/db.h"

static enum err chat_read_uuid(struct ctx *ctx, const struct db_row *row, void *arg)
{
    struct uuid *uuid = arg;

    (void)ctx;
    *uuid = db_row_uuid(row, MESSAGE_REACH_UUID);
    return ERR_OK;
}

enum err message_reach(struct ctx *ctx, const struct membership *m, int64_t user_id, const struct uuid *message,
                       struct chat_ref *ret_chat)
{
    struct uuid chat;
    enum err e = db_one(ctx, SQL_MESSAGE_REACH, DB_ARGS(DB_UUID(message), DB_INT(m->workspace_id), DB_INT(user_id)),
                        chat_read_uuid, &chat);

    if (e == ERR_NOT_FOUND)
        return fail(ctx, ERR_MESSAGE_NOT_FOUND);
    TRY(e);
    return chat_require_held(ctx, m, user_id, &chat, CHAT_READ, ret_chat);
}
