#include "parley/domain/talk/chat_people.h"

#include "parley/db/db.h"

enum err chat_people_list(struct ctx *ctx, const struct chat_ref *chat, int64_t max, struct list *ret_ids)
{
    const struct db_value workspace = DB_INT(chat->workspace_id), limit = DB_INT(max + 1);
    struct list ids = { NULL, 0 };

    if (chat->join == CHAT_JOIN_WORKSPACE)
        TRY(db_ids(ctx, SQL_PEOPLE_OF_WORKSPACE, DB_ARGS(workspace, limit), &ids));
    else
        TRY(db_ids(ctx, SQL_PEOPLE_OF_CHAT, DB_ARGS(workspace, DB_INT(chat->id), limit), &ids));
    if ((int64_t)ids.count > max)
        return ERR_LIMIT;
    *ret_ids = ids;
    return ERR_OK;
}
