#include "parley/domain/talk/message_answer.h"

#include "message_author.h"
#include "message_event.h"
#include "message_load.h"
#include "parley/core/clock.h"
#include "parley/db/db.h"
#include "parley/domain/talk/chat.h"
#include "parley/domain/talk/message_index.h"

/* ---- beginning ---- */

static enum err message_begin(struct ctx *ctx, const struct message_posted *question, const struct answer_draft *draft,
                              struct message *ret_answer)
{
    const struct message *asked = &question->message;
    struct message answer = {
        .uuid = uuid_new(),
        .chat = question->chat.uuid,
        .content = STR(""),
        .is_ai_response = true,
        .status = draft->fault.ptr != NULL ? MESSAGE_FAILED : MESSAGE_PENDING,
        .model = draft->model,
        .answer = { .provider = draft->provider, .alternative = 1, .alternative_count = 1 },
        .mention_all = -1,
        .version = 1,
    };

    if (asked->root_id != 0) {
        answer.reply_to_id = asked->id;
        answer.reply_to = asked->uuid;
        answer.root_id = asked->root_id;
        answer.root = asked->root;
    }
    TRY(message_fault_make(ctx, draft->fault, &answer.answer.fault));
    message_sign(&answer, NULL);
    *ret_answer = answer;
    return ERR_OK;
}

/* The chat's row is locked since its question took a seq, so its version is as it was then. */
static enum err seq_take(struct ctx *ctx, const struct chat_ref *chat, struct message *answer)
{
    int64_t now_us = clock_now_us();
    enum err e = db_take(
        ctx, SQL_CHAT_TAKE_SEQ,
        DB_ARGS(DB_INT(now_us), DB_INT(now_us), DB_INT(chat->id), DB_INT(chat->workspace_id), DB_INT(chat->version)),
        &answer->seq);

    answer->created_us = answer->updated_us = now_us;
    return e == ERR_NOT_FOUND ? fail(ctx, ERR_CHAT_NOT_FOUND) : e;
}

enum err message_answer_insert(struct ctx *ctx, const struct message_posted *question, const struct answer_draft *draft,
                               struct message *ret_answer)
{
    const struct chat_ref *chat = &question->chat;
    struct message answer = { .id = 0 };

    TRY(message_begin(ctx, question, draft, &answer));
    TRY(seq_take(ctx, chat, &answer));
    TRY(db_insert(ctx, SQL_ANSWER_INSERT,
                  DB_ARGS(DB_UUID(&answer.uuid), DB_INT(chat->workspace_id), DB_INT(chat->id), DB_INT(answer.seq),
                          DB_INT_OR_NULL(answer.reply_to_id), DB_INT_OR_NULL(answer.root_id), DB_INT(answer.status),
                          DB_TEXT(draft->fault), DB_TEXT(draft->provider), DB_TEXT(draft->model),
                          DB_INT(answer.created_us), DB_INT(answer.updated_us)),
                  &answer.id));
    if (answer.root_id != 0)
        TRY(db_exec(ctx, SQL_MESSAGE_ADD_REPLY_COUNT,
                    DB_ARGS(DB_INT(1), DB_INT(answer.root_id), DB_INT(chat->id), DB_INT(chat->workspace_id)), NULL));
    *ret_answer = answer;
    return message_event_add(ctx, EVENT_MESSAGE_CREATED, chat, &answer.uuid, event_number(ctx, answer.seq));
}

static enum err uuid_read(struct ctx *ctx, const struct db_row *row, void *arg)
{
    struct uuid *uuid = arg;

    (void)ctx;
    *uuid = db_row_uuid(row, ANSWER_OF_QUESTION_UUID);
    return ERR_OK;
}

enum err message_answer_of(struct ctx *ctx, const struct message_posted *question, struct message *ret_answer)
{
    const struct chat_ref *chat = &question->chat;
    struct uuid uuid;

    TRY(db_one(ctx, SQL_ANSWER_OF_QUESTION,
               DB_ARGS(DB_INT(chat->id), DB_INT(chat->workspace_id), DB_INT(question->message.seq + 1)), uuid_read,
               &uuid));
    return message_get(ctx, chat, &uuid, ret_answer);
}

/* ---- growing ---- */

static enum err place_read(struct ctx *ctx, const struct db_row *row, void *arg)
{
    struct answer_place *place = arg;

    place->message = db_row_uuid(row, ANSWER_PLACE_UUID);
    place->seq = db_row_int(row, ANSWER_PLACE_SEQ);
    place->chat_id = db_row_int(row, ANSWER_PLACE_CHAT_ID);
    place->workspace_id = db_row_int(row, ANSWER_PLACE_WORKSPACE_ID);
    place->content = arena_str(ctx->arena, db_row_str(row, ANSWER_PLACE_CONTENT));
    place->reasoning = arena_str(ctx->arena, db_row_str(row, ANSWER_PLACE_REASONING));
    return arena_check(ctx->arena);
}

enum err message_answer_lock(struct ctx *ctx, int64_t message_id, struct answer_place *ret_place)
{
    struct answer_place place = { .id = message_id };

    TRY(db_one(ctx, SQL_ANSWER_PLACE, DB_ARGS(DB_INT(message_id)), place_read, &place));
    *ret_place = place;
    return ERR_OK;
}

enum err message_answer_grow(struct ctx *ctx, int64_t message_id, const struct answer_text *text, bool *ret_found)
{
    int64_t count = 0;

    TRY(db_exec(ctx, SQL_ANSWER_GROW,
                DB_ARGS(DB_TEXT(text->content), DB_TEXT(text->reasoning), DB_INT(ctx->now_us), DB_INT(message_id)),
                &count));
    event_skip(ctx, EVENT_MESSAGE_UPDATED);
    *ret_found = count == 1;
    return ERR_OK;
}

enum err message_answer_tell(struct ctx *ctx, const struct answer_place *place)
{
    const struct chat_ref chat = { .id = place->chat_id, .workspace_id = place->workspace_id };

    return message_event_add(ctx, EVENT_MESSAGE_UPDATED, &chat, &place->message, event_number(ctx, place->seq));
}

/* ---- the end ---- */

static struct db_value count_value(const struct message_usage *usage, int64_t count)
{
    return usage == NULL ? DB_NULL : DB_INT(count);
}

static enum err end_write(struct ctx *ctx, const struct answer_place *place, const struct answer_end *end,
                          int64_t *ret_count)
{
    static const struct message_usage none;
    const struct message_usage *usage = end->usage, *u = usage == NULL ? &none : usage;

    return db_exec(ctx, SQL_ANSWER_END,
                   DB_ARGS(DB_TEXT(end->text.content), DB_TEXT(end->text.reasoning), DB_INT(end->status),
                           DB_TEXT(end->provider), DB_TEXT(end->model), DB_TEXT(end->finish), DB_TEXT(end->fault),
                           count_value(usage, u->prompt_tokens), count_value(usage, u->cached_tokens),
                           count_value(usage, u->completion_tokens), count_value(usage, u->reasoning_tokens),
                           count_value(usage, u->cost_micros), count_value(usage, u->estimated),
                           count_value(usage, u->context_messages), count_value(usage, u->truncated),
                           DB_INT(ctx->now_us), DB_INT(place->id)),
                   ret_count);
}

enum err message_answer_end(struct ctx *ctx, const struct answer_place *place, const struct answer_end *end,
                            bool *ret_found)
{
    int64_t count = 0;

    TRY(end_write(ctx, place, end, &count));
    *ret_found = count == 1;
    if (count == 0)
        return ERR_OK;
    if (end->text.content.len > 0)
        TRY(message_index_add(ctx, place->workspace_id, place->id, (struct str){ NULL, 0 }));
    return message_answer_tell(ctx, place);
}
