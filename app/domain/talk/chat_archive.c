#include "parley/domain/talk/chat_archive.h"

#include "parley/db/db.h"
#include "parley/domain/workspaces/chat_row.h"

struct archive_call {
    const struct chat_target *target;
    enum chat_shelf shelf;
    struct chat chat;
};

/* A chat that is put away is told as gone from the lists; one that comes back as it is now. */
static enum err shelve(struct ctx *ctx, const struct chat_ref *ref, enum chat_shelf shelf)
{
    bool away = shelf == CHAT_ARCHIVED;

    TRY(db_exec(ctx, SQL_CHAT_SET_ARCHIVED,
                DB_ARGS(DB_INT_OR_NULL(away ? ctx->now_us : 0), DB_INT(ctx->now_us), DB_INT(ref->id),
                        DB_INT(ref->workspace_id)),
                NULL));
    event_skip(ctx, away ? EVENT_CHAT_UPDATED : EVENT_CHAT_ARCHIVED);
    return chat_row_tell(ctx, away ? EVENT_CHAT_ARCHIVED : EVENT_CHAT_UPDATED,
                         &(struct chat_row){ ref->workspace_id, ref->id, ref->uuid, (int)ref->join });
}

static enum err archive(struct ctx *ctx, void *arg)
{
    struct archive_call *call = arg;
    const struct chat_target *target = call->target;
    struct chat_ref ref;

    TRY(chat_require_locked(ctx, target->m, target->user_id, &target->chat, CHAT_PUT_AWAY, &ref));
    if (ref.archived != (call->shelf == CHAT_ARCHIVED))
        TRY(shelve(ctx, &ref, call->shelf));
    return chat_get(ctx, target->m, target->user_id, &target->chat, &call->chat);
}

enum err chat_archive(struct ctx *ctx, const struct chat_target *target, enum chat_shelf shelf, struct chat *ret_chat)
{
    struct archive_call call = { .target = target, .shelf = shelf };

    TRY(db_run(ctx, archive, &call));
    *ret_chat = call.chat;
    return ERR_OK;
}
