#include "message_lock.h"

enum err message_lock(struct ctx *ctx, const struct message_location *location, enum chat_right right,
                      const struct uuid *message, struct locked_message *ret_locked)
{
    struct message_thread thread;

    TRY(chat_require_locked(ctx, location->workspace, location->principal->user_id, &location->chat, right,
                            &ret_locked->chat));
    TRY(message_thread_get(ctx, &ret_locked->chat, message, &thread));
    ret_locked->id = thread.id;
    return ERR_OK;
}
