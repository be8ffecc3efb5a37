#include "parley/domain/people/display_name.h"

#include "parley/db/db.h"

struct str display_name(struct ctx *ctx, struct str first_name, struct str last_name, struct str username)
{
    if (first_name.len > 0 && last_name.len > 0)
        return str_from(arena_printf(ctx->arena, "%.*s %.*s", STR_FMT(first_name), STR_FMT(last_name)));
    if (first_name.len > 0)
        return arena_str(ctx->arena, first_name);
    return arena_str(ctx->arena, last_name.len > 0 ? last_name : username);
}

struct sender display_name_sender(struct ctx *ctx, const struct db_row *row, const struct display_name_columns *columns)
{
    struct sender sender = { .id = db_row_uuid(row, columns->uuid), .kind = (int)db_row_int(row, columns->kind) };

    if (!db_row_is_null(row, columns->uuid) && db_row_is_null(row, columns->deleted)) {
        sender.name = display_name(ctx, db_row_str(row, columns->first_name), db_row_str(row, columns->last_name),
                                   db_row_str(row, columns->username));
    } else if (db_row_int(row, columns->is_ai) != 0) {
        sender.kind = SENDER_ASSISTANT;
        sender.name = STR("Assistant");
    } else if (!db_row_is_null(row, columns->sender_name)) {
        sender.kind = SENDER_OUTSIDE;
        sender.name = arena_str(ctx->arena, db_row_str(row, columns->sender_name));
    } else {
        sender.kind = SENDER_DELETED;
        sender.name = STR("Deleted user");
    }
    return sender;
}
