#include "parley/domain/files/attachment_lost.h"

#include "parley/domain/events/event.h"

struct message_place {
    struct uuid uuid;
    int64_t chat_id;
};

static enum err place_read(struct ctx *ctx, const struct db_row *row, void *arg)
{
    struct message_place *place = arg;

    (void)ctx;
    place->uuid = db_row_uuid(row, MESSAGE_PLACE_UUID);
    place->chat_id = db_row_int(row, MESSAGE_PLACE_CHAT_ID);
    return ERR_OK;
}

/*
 * Without its chat's lock, which would come before the file's: the message's making was committed before this could see it, and
 * its deletion takes the file's row.
 */
enum err attachment_tell_message(struct ctx *ctx, int64_t workspace_id, int64_t message_id)
{
    struct message_place place;
    enum err e;

    event_skip(ctx, EVENT_MESSAGE_UPDATED);
    if (message_id == 0)
        return ERR_OK;
    e = db_one(ctx, SQL_MESSAGE_PLACE, DB_ARGS(DB_INT(message_id), DB_INT(workspace_id)), place_read, &place);
    if (e != ERR_OK)
        return e == ERR_NOT_FOUND ? ERR_OK : e;
    return event_add(ctx, &(struct event){ .kind = EVENT_MESSAGE_UPDATED,
                                           .workspace_id = workspace_id,
                                           .chat_id = place.chat_id,
                                           .subject = place.uuid });
}

enum err attachment_lose(struct ctx *ctx, enum sql find, const struct attachment_place *place,
                         struct attachment_removal *ret_removal)
{
    const struct db_value workspace = DB_INT(place->workspace_id);

    TRY(attachment_remove_found(ctx, find, DB_ARGS(DB_INT(place->id), workspace), ret_removal));
    if (place->message_id == 0 || ret_removal->row_count == 0)
        return ERR_OK;
    TRY(db_exec(ctx, SQL_MESSAGE_LOST_ATTACHMENT, DB_ARGS(DB_INT(ctx->now_us), DB_INT(place->message_id), workspace),
                NULL));
    return attachment_tell_message(ctx, place->workspace_id, place->message_id);
}
