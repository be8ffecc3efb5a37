#include "parley/domain/talk/chat_page.h"

#include "chat_since.h"
#include "parley/core/limits.h"
#include "parley/db/db.h"
#include "parley/domain/talk/message.h"

struct view_call {
    const struct membership *m;
    struct chat chat;
};

static enum err view_read(struct ctx *ctx, const struct db_row *row, void *arg)
{
    struct view_call *view = arg;

    return chat_view_read(ctx, row, view->m, &view->chat);
}

/* The newest that has not been deleted, where it is among them. */
static const struct message *last_of(const struct list *messages)
{
    const struct message *items = messages->items;

    for (size_t i = messages->count; i > 0; i--)
        if (items[i - 1].deleted_us == 0)
            return &items[i - 1];
    return NULL;
}

static enum err last_message_of(struct ctx *ctx, const struct message *message, struct chat_last_message **ret_last)
{
    struct chat_last_message *last = arena_alloc(ctx->arena, sizeof(*last));

    if (last == NULL)
        return fail(ctx, ERR_NO_MEMORY);
    *last = (struct chat_last_message){
        .uuid = message->uuid,
        .seq = message->seq,
        .sender = message->sender,
        .content = str_head_code_points(message->content, CHAT_PREVIEW_CHARS),
        .is_ai_response = message->is_ai_response,
        .created_us = message->created_us,
    };
    *ret_last = last;
    return ERR_OK;
}

/* All of a page may have been deleted: then the chat's own statement looks further back. */
static enum err last_find(struct ctx *ctx, const struct view_call *view, int64_t user_id, bool has_older,
                          struct chat_last_message **ret_last)
{
    const struct message *message = last_of(&view->chat.messages);
    struct chat chat;

    if (message != NULL)
        return last_message_of(ctx, message, ret_last);
    if (!has_older)
        return ERR_OK;
    TRY(chat_get(ctx, view->m, user_id, &view->chat.uuid, &chat));
    *ret_last = chat.last_message;
    return ERR_OK;
}

struct page_call {
    const struct membership *m;
    int64_t user_id;
    const struct uuid *chat;
    struct chat found;
};

static enum err page_load(struct ctx *ctx, void *arg)
{
    const struct message_range newest = { .anchor = MESSAGES_NEWEST, .limit = PAGE_DEFAULT };
    struct page_call *call = arg;
    const struct membership *m = call->m;
    struct view_call view = { .m = m };
    struct message_page page;
    struct chat_ref ref;
    enum err e;

    TRY(chat_require(ctx, m, call->user_id, call->chat, CHAT_SEE, &ref));
    /* Only the messages' statement proves a guess; who is not in the chat gets none, so the gate reads afresh. */
    if (ref.seen_workspace != 0 && !ref.joined)
        return fail(ctx, ERR_CHAT_NOT_FOUND);
    e = db_one(ctx, SQL_CHAT_VIEW_GET, DB_ARGS(DB_INT(call->user_id), DB_UUID(call->chat), DB_INT(m->workspace_id)),
               view_read, &view);
    if (e == ERR_NOT_FOUND)
        return fail(ctx, ERR_CHAT_NOT_FOUND);
    TRY(e);
    TRY(chats_sign(ctx, &view.chat, 1));
    TRY(chats_count(ctx, m, call->user_id, &view.chat, 1));
    if (ref.joined) {
        TRY(message_range_read(ctx, &ref, &newest, &page));
        view.chat.messages = page.messages;
        TRY(last_find(ctx, &view, call->user_id, page.has_older, &view.chat.last_message));
    }
    call->found = view.chat;
    return ERR_OK;
}

enum err chat_page_get(struct ctx *ctx, const struct membership *m, int64_t user_id, const struct uuid *chat,
                       struct chat *ret_chat)
{
    struct page_call call = { .m = m, .user_id = user_id, .chat = chat };

    TRY(db_read(ctx, page_load, &call));
    *ret_chat = call.found;
    return ERR_OK;
}
