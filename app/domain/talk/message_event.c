#include "message_event.h"

enum err message_event_add(struct ctx *ctx, enum event_kind kind, const struct chat_ref *chat,
                           const struct uuid *message, struct str detail)
{
    return event_add(ctx, &(struct event){ .kind = kind,
                                           .workspace_id = chat->workspace_id,
                                           .chat_id = chat->id,
                                           .subject = *message,
                                           .detail = detail });
}
