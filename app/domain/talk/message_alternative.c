#include "parley/domain/talk/message_alternative.h"

#include "message_event.h"
#include "message_load.h"
#include "parley/db/db.h"
#include "parley/domain/talk/chat.h"
#include "parley/domain/talk/message_index.h"

/* ---- reading ---- */

static enum err other_add(struct ctx *ctx, const struct db_row *row, void *arg)
{
    struct message_alternative *added = list_add(ctx->arena, arg, sizeof(*added));

    if (added == NULL)
        return fail(ctx, ERR_NO_MEMORY);
    *added = (struct message_alternative){
        .index = db_row_int(row, ALTERNATIVE_LIST_N),
        .status = (int)db_row_int(row, ALTERNATIVE_LIST_STATUS),
        .content = arena_str(ctx->arena, db_row_str(row, ALTERNATIVE_LIST_CONTENT)),
        .model = arena_str(ctx->arena, db_row_str(row, ALTERNATIVE_LIST_MODEL)),
        .created_us = db_row_int(row, ALTERNATIVE_LIST_CREATED_US),
    };
    return message_answer_read(ctx, row, &added->answer);
}

static struct message_alternative shown_of(const struct message *answer)
{
    return (struct message_alternative){
        .index = answer->answer.alternative,
        .status = answer->status,
        .content = answer->content,
        .model = answer->model,
        .answer = answer->answer,
        .created_us = answer->updated_us,
    };
}

enum err message_alternative_list(struct ctx *ctx, const struct chat_ref *chat, const struct message *answer,
                                  struct list *ret_list)
{
    struct list others = { NULL, 0 }, all = { NULL, 0 };
    const struct message_alternative *items;
    bool has_shown = false;

    TRY(db_each(ctx, SQL_ALTERNATIVE_LIST, DB_ARGS(DB_INT(answer->id), DB_INT(chat->workspace_id)), other_add,
                &others));
    items = others.items;
    for (size_t i = 0; i <= others.count; i++) {
        bool shown_is_next = !has_shown && (i == others.count || items[i].index > answer->answer.alternative);
        struct message_alternative *added;

        if (shown_is_next) {
            added = list_add(ctx->arena, &all, sizeof(*added));
            if (added == NULL)
                return fail(ctx, ERR_NO_MEMORY);
            *added = shown_of(answer);
            has_shown = true;
        }
        if (i == others.count)
            break;
        added = list_add(ctx->arena, &all, sizeof(*added));
        if (added == NULL)
            return fail(ctx, ERR_NO_MEMORY);
        *added = items[i];
    }
    *ret_list = all;
    return ERR_OK;
}

/* ---- changing ---- */

/* The words of the text that was shown go; those of the other one come with it. */
static enum err shown_keep(struct ctx *ctx, const struct chat_ref *chat, const struct message *answer)
{
    TRY(db_insert(ctx, SQL_ALTERNATIVE_KEEP, DB_ARGS(DB_INT(answer->id), DB_INT(chat->workspace_id)), NULL));
    return message_index_add(ctx, chat->workspace_id, answer->id, answer->content);
}

static enum err tell(struct ctx *ctx, const struct chat_ref *chat, const struct message *answer)
{
    return message_event_add(ctx, EVENT_MESSAGE_UPDATED, chat, &answer->uuid, event_number(ctx, answer->seq));
}

enum err message_alternative_begin(struct ctx *ctx, const struct chat_ref *chat, struct str provider, struct str model,
                                   struct message *answer)
{
    struct message begun = *answer;

    TRY(shown_keep(ctx, chat, answer));
    TRY(db_exec(
        ctx, SQL_ALTERNATIVE_BEGIN,
        DB_ARGS(DB_TEXT(provider), DB_TEXT(model), DB_INT(ctx->now_us), DB_INT(answer->id), DB_INT(chat->workspace_id)),
        NULL));
    begun.content = STR("");
    begun.status = MESSAGE_PENDING;
    begun.model = model;
    begun.answer = (struct message_answer){ .provider = provider,
                                            .alternative = answer->answer.alternative_count + 1,
                                            .alternative_count = answer->answer.alternative_count + 1 };
    begun.updated_us = ctx->now_us;
    begun.version++;
    *answer = begun;
    return tell(ctx, chat, answer);
}

enum err message_alternative_show(struct ctx *ctx, const struct chat_ref *chat, const struct message *answer,
                                  int64_t index)
{
    const struct db_value id = DB_INT(answer->id), workspace = DB_INT(chat->workspace_id);
    int64_t count = 0;

    TRY(shown_keep(ctx, chat, answer));
    TRY(db_exec(ctx, SQL_ALTERNATIVE_SHOW, DB_ARGS(DB_INT(index), id, workspace), &count));
    if (count == 0)
        return ERR_NOT_FOUND;
    TRY(db_exec(ctx, SQL_ALTERNATIVE_DELETE, DB_ARGS(id, DB_INT(index), workspace), NULL));
    return tell(ctx, chat, answer);
}
