#include "gone_message.h"

#include "parley/domain/events/event.h"

struct gone {
    struct uuid uuid;
    int64_t seq;
};

static enum err gone_add(struct ctx *ctx, const struct db_row *row, void *arg)
{
    struct gone *gone = list_add(ctx->arena, arg, sizeof(*gone));

    if (gone == NULL)
        return fail(ctx, ERR_NO_MEMORY);
    *gone = (struct gone){ db_row_uuid(row, MESSAGE_GONE_UUID), db_row_int(row, MESSAGE_GONE_SEQ) };
    return ERR_OK;
}

enum err gone_messages_read(struct ctx *ctx, enum sql statement, struct db_args args, struct list *ret_list)
{
    struct list list = { NULL, 0 };

    TRY(db_each(ctx, statement, args, gone_add, &list));
    *ret_list = list;
    return ERR_OK;
}

enum err gone_messages_tell(struct ctx *ctx, int64_t workspace_id, int64_t chat_id, const struct list *list)
{
    event_skip(ctx, EVENT_MESSAGE_DELETED);
    for (size_t i = 0; i < list->count; i++) {
        const struct gone *gone = (const struct gone *)list->items + i;

        TRY(event_add(ctx, &(struct event){ .kind = EVENT_MESSAGE_DELETED,
                                            .workspace_id = workspace_id,
                                            .chat_id = chat_id,
                                            .subject = gone->uuid,
                                            .detail = event_number(ctx, gone->seq) }));
    }
    return ERR_OK;
}
