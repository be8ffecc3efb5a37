#include "parley/domain/people/display_name.h"

#include "parley/core/fold.h"
#include "parley/db/db.h"

struct str display_name(struct ctx *ctx, struct str first_name, struct str last_name, struct str username)
{
    if (first_name.len > 0 && last_name.len > 0)
        return str_from(arena_printf(ctx->arena, "%.*s %.*s", STR_FMT(first_name), STR_FMT(last_name)));
    if (first_name.len > 0)
        return arena_str(ctx->arena, first_name);
    return arena_str(ctx->arena, last_name.len > 0 ? last_name : username);
}

static enum err folded_line(struct ctx *ctx, struct str text, struct str *ret_folded)
{
    enum err e = fold_text(ctx->arena, str_trim(text), ret_folded);

    return e == ERR_OK ? ERR_OK : fail(ctx, e);
}

enum err display_name_fold(struct ctx *ctx, struct str first_name, struct str last_name, struct str username,
                           struct str *ret_folded)
{
    struct str first, last, user;

    TRY(folded_line(ctx, first_name, &first));
    TRY(folded_line(ctx, last_name, &last));
    TRY(folded_line(ctx, username, &user));
    *ret_folded = str_from(arena_printf(ctx->arena, " %.*s%s%.*s\n %.*s", STR_FMT(first),
                                        first.len > 0 && last.len > 0 ? " " : "", STR_FMT(last), STR_FMT(user)));
    return ret_folded->ptr != NULL ? ERR_OK : fail(ctx, ERR_NO_MEMORY);
}

enum err display_name_pattern(struct ctx *ctx, struct str typed, struct str *ret_pattern)
{
    struct str folded;

    TRY(folded_line(ctx, typed, &folded));
    *ret_pattern = str_from(arena_printf(ctx->arena, " %.*s", STR_FMT(folded)));
    return ret_pattern->ptr != NULL ? ERR_OK : fail(ctx, ERR_NO_MEMORY);
}

bool message_author_read(struct ctx *ctx, const struct db_row *row, int first, struct message_author *ret_author)
{
    if (db_row_is_null(row, first + AUTHOR_USER_ID))
        return false;
    *ret_author = (struct message_author){ .user_id = db_row_int(row, first + AUTHOR_USER_ID),
                                           .uuid = db_row_uuid(row, first + AUTHOR_USER_UUID),
                                           .kind = (int)db_row_int(row, first + AUTHOR_KIND) };
    if (db_row_is_null(row, first + AUTHOR_USER_DELETED_US))
        ret_author->name = display_name(ctx, db_row_str(row, first + AUTHOR_FIRST_NAME),
                                        db_row_str(row, first + AUTHOR_LAST_NAME),
                                        db_row_str(row, first + AUTHOR_USERNAME));
    return true;
}

struct sender author_sender(const struct message_author *author, bool is_ai, struct str sender_name)
{
    struct sender sender = { .kind = SENDER_DELETED, .name = STR(DELETED_USER_NAME) };

    if (author != NULL)
        sender.id = author->uuid;
    if (author != NULL && author->name.ptr != NULL) {
        sender.kind = author->kind;
        sender.name = author->name;
    } else if (is_ai) {
        sender.kind = SENDER_ASSISTANT;
        sender.name = STR("Assistant");
    } else if (sender_name.ptr != NULL) {
        sender.kind = SENDER_OUTSIDE;
        sender.name = sender_name;
    }
    return sender;
}
