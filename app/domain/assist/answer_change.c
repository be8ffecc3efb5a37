#include "parley/domain/assist/answer_change.h"

#include "generation.h"
#include "parley/core/limits.h"
#include "parley/db/db.h"
#include "parley/domain/assist/recorder.h"
#include "parley/domain/talk/chat.h"

struct changing {
    const struct message_location *location;
    struct uuid uuid;
    struct str model; /* of another answer; absent: as the chat says */
    int64_t index;    /* of the one that is to be shown */
    struct message message;
};

/* The answer, its chat locked. */
static enum err answer_lock(struct ctx *ctx, struct changing *changing, struct chat_ref *ret_chat)
{
    const struct message_location *location = changing->location;

    TRY(chat_require_locked(ctx, location->workspace, location->principal->user_id, &location->chat, CHAT_WRITE,
                            ret_chat));
    TRY(message_get(ctx, ret_chat, &changing->uuid, &changing->message));
    return changing->message.is_ai_response ? ERR_OK : fail(ctx, ERR_NO_ANSWER);
}

/* ---- stopping ---- */

static enum err stop_in_transaction(struct ctx *ctx, void *arg)
{
    struct changing *changing = arg;
    struct chat_ref chat;

    TRY(answer_lock(ctx, changing, &chat));
    return db_exec(ctx, SQL_GENERATION_STOP, DB_ARGS(DB_INT(ctx->now_us), DB_INT(changing->message.id)), NULL);
}

enum err answer_stop(struct ctx *ctx, const struct message_location *location, const struct uuid *message,
                     struct message *ret_message)
{
    struct changing changing = { .location = location, .uuid = *message };

    TRY(db_run(ctx, stop_in_transaction, &changing));
    recorder_tell_stop(ctx->app, changing.message.id);
    *ret_message = changing.message;
    return ERR_OK;
}

/* ---- several answers ---- */

/* What is behind an answer was written to it as it was shown. */
static enum err newest_lock(struct ctx *ctx, struct changing *changing, struct chat_ref *ret_chat)
{
    TRY(answer_lock(ctx, changing, ret_chat));
    if (changing->message.status == MESSAGE_PENDING || changing->message.status == MESSAGE_STREAMING)
        return fail(ctx, ERR_ANSWERING);
    return ret_chat->last_seq == changing->message.seq ? ERR_OK : fail(ctx, ERR_CHAT_WENT_ON);
}

static enum err regenerate_in_transaction(struct ctx *ctx, void *arg)
{
    struct changing *changing = arg;
    struct chat_ref chat;

    TRY(newest_lock(ctx, changing, &chat));
    if (changing->message.answer.alternative_count >= ALTERNATIVES_MAX)
        return failf(ctx, ERR_LIMIT, "There are %d answers already", ALTERNATIVES_MAX);
    return generation_ask_again(ctx, &chat, changing->location->principal, changing->model, &changing->message);
}

enum err answer_regenerate(struct ctx *ctx, const struct message_location *location, const struct uuid *message,
                           struct str model, struct message *ret_message)
{
    struct changing changing = { .location = location, .uuid = *message, .model = model };

    TRY(db_run(ctx, regenerate_in_transaction, &changing));
    *ret_message = changing.message;
    return ERR_OK;
}

enum err answer_alternatives(struct ctx *ctx, const struct message_location *location, const struct uuid *message,
                             struct list *ret_list)
{
    struct message answer;
    struct chat_ref chat;

    TRY(chat_require(ctx, location->workspace, location->principal->user_id, &location->chat, CHAT_READ, &chat));
    TRY(message_get(ctx, &chat, message, &answer));
    if (!answer.is_ai_response)
        return fail(ctx, ERR_NO_ANSWER);
    return message_alternative_list(ctx, &chat, &answer, ret_list);
}

static enum err show_in_transaction(struct ctx *ctx, void *arg)
{
    struct changing *changing = arg;
    struct chat_ref chat;
    enum err e;

    TRY(newest_lock(ctx, changing, &chat));
    if (changing->index == changing->message.answer.alternative)
        return ERR_OK;
    e = message_alternative_show(ctx, &chat, &changing->message, changing->index);
    if (e == ERR_NOT_FOUND)
        return fail(ctx, ERR_ALTERNATIVE_NOT_FOUND);
    TRY(e);
    return message_get(ctx, &chat, &changing->uuid, &changing->message);
}

enum err answer_show(struct ctx *ctx, const struct message_location *location, const struct uuid *message,
                     int64_t index, struct message *ret_message)
{
    struct changing changing = { .location = location, .uuid = *message, .index = index };

    TRY(db_run(ctx, show_in_transaction, &changing));
    *ret_message = changing.message;
    return ERR_OK;
}
