#include "parley/domain/talk/reaction.h"

#include <stdio.h>

#include "message_event.h"
#include "message_lock.h"
#include "parley/core/emoji.h"
#include "parley/core/limits.h"
#include "parley/db/db.h"
#include "parley/domain/talk/chat.h"

struct reaction_call {
    const struct reaction_target *target;
    char emoji[EMOJI_BYTES];
    int64_t count;
};

static enum err call_begin(struct ctx *ctx, const struct reaction_target *target, struct reaction_call *ret_call)
{
    *ret_call = (struct reaction_call){ .target = target };
    if (emoji_canonical(target->emoji, ret_call->emoji) == ERR_OK)
        return ERR_OK;
    return problem_add(
        ctx->problem,
        (struct fault){ .where = "path", .field = "emoji", .type = "value_error", .message = "is not an emoji" });
}

static enum err set_has_reactions(struct ctx *ctx, const struct locked_message *locked, bool has)
{
    return db_exec(ctx, SQL_MESSAGE_SET_HAS_REACTIONS,
                   DB_ARGS(DB_INT(has), DB_INT(locked->id), DB_INT(locked->chat.id), DB_INT(locked->chat.workspace_id)),
                   NULL);
}

static enum err kind_count(struct ctx *ctx, const struct locked_message *locked, int64_t *ret_count)
{
    return db_number(ctx, SQL_REACTION_KIND_COUNT, DB_ARGS(DB_INT(locked->id), DB_INT(locked->chat.workspace_id)),
                     ret_count);
}

static enum err user_count(struct ctx *ctx, const struct locked_message *locked, struct reaction_call *call)
{
    return db_number(ctx, SQL_REACTION_COUNT,
                     DB_ARGS(DB_INT(locked->id), DB_TEXT(str_from(call->emoji)), DB_INT(locked->chat.workspace_id)),
                     &call->count);
}

/* The detail: + or - and the emoji. */
static enum err tell(struct ctx *ctx, const struct locked_message *locked, const struct reaction_call *call,
                     char change)
{
    char detail[1 + EMOJI_BYTES];

    (void)snprintf(detail, sizeof(detail), "%c%s", change, call->emoji);
    return message_event_add(ctx, EVENT_REACTION_CHANGED, &locked->chat, &call->target->message, str_from(detail));
}

static enum err put(struct ctx *ctx, void *arg)
{
    struct reaction_call *call = arg;
    const struct reaction_target *target = call->target;
    struct locked_message locked;
    int64_t kinds = 0;
    enum err e;

    TRY(message_lock(ctx, &target->location, CHAT_READ, &target->message, &locked));
    TRY(chat_require_unarchived(ctx, &locked.chat));
    e = db_exec(ctx, SQL_REACTION_INSERT,
                DB_ARGS(DB_INT(locked.id), DB_TEXT(str_from(call->emoji)), DB_INT(locked.chat.user_id),
                        DB_INT(locked.chat.workspace_id), DB_INT(ctx->now_us)),
                NULL);
    if (e == ERR_CONFLICT)
        return user_count(ctx, &locked, call);
    TRY(e);
    TRY(kind_count(ctx, &locked, &kinds));
    if (kinds > REACTION_KINDS_MAX)
        return failf(ctx, ERR_LIMIT, "A message has at most %d kinds of reactions", REACTION_KINDS_MAX);
    TRY(set_has_reactions(ctx, &locked, true));
    TRY(user_count(ctx, &locked, call));
    return tell(ctx, &locked, call, '+');
}

enum err reaction_put(struct ctx *ctx, const struct reaction_target *target, struct reaction *ret_reaction)
{
    struct reaction_call call;

    TRY(call_begin(ctx, target, &call));
    TRY(db_run(ctx, put, &call));
    *ret_reaction =
        (struct reaction){ .emoji = arena_str(ctx->arena, str_from(call.emoji)), .count = call.count, .mine = true };
    return arena_check(ctx->arena);
}

static enum err take_back(struct ctx *ctx, void *arg)
{
    const struct reaction_call *call = arg;
    const struct reaction_target *target = call->target;
    struct locked_message locked;
    int64_t count = 0, kinds = 0;

    TRY(message_lock(ctx, &target->location, CHAT_READ, &target->message, &locked));
    TRY(db_exec(ctx, SQL_REACTION_DELETE,
                DB_ARGS(DB_INT(locked.id), DB_TEXT(str_from(call->emoji)), DB_INT(locked.chat.user_id),
                        DB_INT(locked.chat.workspace_id)),
                &count));
    if (count == 0)
        return ERR_OK;
    TRY(kind_count(ctx, &locked, &kinds));
    if (kinds == 0)
        TRY(set_has_reactions(ctx, &locked, false));
    return tell(ctx, &locked, call, '-');
}

enum err reaction_remove(struct ctx *ctx, const struct reaction_target *target)
{
    struct reaction_call call;

    TRY(call_begin(ctx, target, &call));
    return db_run(ctx, take_back, &call);
}
