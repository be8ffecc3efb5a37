#include "parley/domain/talk/chat_batch.h"

#include <assert.h>

#include "parley/core/limits.h"
#include "parley/db/db.h"
#include "parley/domain/talk/chat.h"

static enum err chat_add(struct ctx *ctx, const struct db_row *row, void *arg)
{
    const struct membership anybody = { .workspace = db_row_uuid(row, CHAT_BATCH_WORKSPACE_UUID) };
    struct chat *chat = list_add(ctx->arena, arg, sizeof(*chat));

    return chat == NULL ? fail(ctx, ERR_NO_MEMORY) : chat_view_read(ctx, row, &anybody, chat);
}

enum err chat_batch_load(struct ctx *ctx, const int64_t *ids, size_t count, struct list *ret_chats)
{
    struct db_value values[EVENT_BATCH_MAX];
    struct list chats = { NULL, 0 };

    assert(count <= EVENT_BATCH_MAX);
    for (size_t i = 0; i < EVENT_BATCH_MAX; i++)
        values[i] = i < count ? DB_INT(ids[i]) : DB_NULL;
    TRY(db_each(ctx, SQL_CHAT_BATCH, (struct db_args){ values, EVENT_BATCH_MAX }, chat_add, &chats));
    *ret_chats = chats;
    return ERR_OK;
}
