#include "parley/domain/talk/chat_page.h"

#include "parley/core/limits.h"
#include "parley/db/db.h"
#include "parley/domain/talk/message.h"

struct page_call {
    const struct membership *m;
    int64_t user_id;
    struct uuid uuid;
    struct chat chat;
};

static enum err get_with_messages(struct ctx *ctx, void *arg)
{
    struct page_call *get = arg;
    const struct message_range newest = { .anchor = MESSAGES_NEWEST, .limit = PAGE_DEFAULT };
    struct message_page page;
    struct chat_ref ref;

    TRY(chat_get(ctx, get->m, get->user_id, &get->uuid, &get->chat));
    if (!get->chat.joined)
        return ERR_OK;
    ref = (struct chat_ref){
        .id = get->chat.id,
        .uuid = get->uuid,
        .workspace_id = get->m->workspace_id,
        .last_seq = get->chat.last_seq,
        .message_count = get->chat.message_count,
    };
    TRY(message_range_read(ctx, &ref, &newest, &page));
    get->chat.messages = page.messages;
    return ERR_OK;
}

enum err chat_page_get(struct ctx *ctx, const struct membership *m, int64_t user_id, const struct uuid *chat,
                       struct chat *ret_chat)
{
    struct page_call get = { .m = m, .user_id = user_id, .uuid = *chat };

    TRY(db_read(ctx, get_with_messages, &get));
    *ret_chat = get.chat;
    return ERR_OK;
}
