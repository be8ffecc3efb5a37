#include "parley/domain/events/event_row.h"

#include "parley/db/db.h"

static enum event_kind kind_of(int64_t number)
{
    return number >= 0 && number < EVENT_KINDS ? (enum event_kind)number : EVENT_KINDS;
}

enum err event_row_read(struct ctx *ctx, const struct db_row *row, int first, struct event_row *ret_row)
{
    bool has_chat = !db_row_is_null(row, first + EVENT_ROW_JOIN_MODE);

    *ret_row = (struct event_row){
        .position = db_row_int(row, first + EVENT_ROW_POSITION),
        .kind = kind_of(db_row_int(row, first + EVENT_ROW_KIND)),
        .workspace_id = db_row_int(row, first + EVENT_ROW_WORKSPACE_ID),
        .chat_id = db_row_int(row, first + EVENT_ROW_CHAT_ID),
        .user_id = db_row_int(row, first + EVENT_ROW_USER_ID),
        .actor_id = db_row_int(row, first + EVENT_ROW_ACTOR_ID),
        .subject = db_row_uuid(row, first + EVENT_ROW_SUBJECT),
        .detail = arena_str(ctx->arena, db_row_str(row, first + EVENT_ROW_DETAIL)),
        .at_us = db_row_int(row, first + EVENT_ROW_AT_US),
        .workspace = db_row_uuid(row, first + EVENT_ROW_WORKSPACE_UUID),
        .chat = db_row_uuid(row, first + EVENT_ROW_CHAT_UUID),
        .user = db_row_uuid(row, first + EVENT_ROW_USER_UUID),
        .actor = db_row_uuid(row, first + EVENT_ROW_ACTOR_UUID),
        .join = has_chat ? (enum event_join)db_row_int(row, first + EVENT_ROW_JOIN_MODE) : EVENT_JOIN_GONE,
        .role = (int)db_row_int(row, first + EVENT_ROW_ROLE),
    };
    return arena_check(ctx->arena);
}

int64_t event_row_number(const struct event_row *row)
{
    int64_t number;

    return row->detail.ptr != NULL && str_to_int64(row->detail, &number) == ERR_OK ? number : 0;
}

void event_row_write(const struct event_row *row, const char *epoch, struct buf *out)
{
    buf_add_c(out, "event: ");
    buf_add(out, event_name(row->kind));
    buf_add_c(out, "\ndata: ");
    buf_add(out, row->data);
    buf_addf(out, "\nid: %s-", epoch);
    buf_add_int(out, row->position);
    buf_add_c(out, "\n\n");
}
