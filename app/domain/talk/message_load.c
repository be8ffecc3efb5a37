#include "message_load.h"

#include "message_author.h"
#include "message_reply.h"
#include "parley/ai/fault.h"
#include "parley/core/limits.h"
#include "parley/domain/record/idempotency.h"

/* ---- rows ---- */

enum err message_read(struct ctx *ctx, const struct db_row *row, const struct chat_ref *chat,
                      struct message *ret_message)
{
    *ret_message = (struct message){
        .id = db_row_int(row, MESSAGE_ID),
        .uuid = db_row_uuid(row, MESSAGE_UUID),
        .chat = chat->uuid,
        .seq = db_row_int(row, MESSAGE_SEQ),
        .sender_user_id = db_row_int(row, MESSAGE_SENDER_ID),
        .sender.name = arena_str(ctx->arena, db_row_str(row, MESSAGE_SENDER_NAME)), /* until message_sign */
        .content = arena_str(ctx->arena, db_row_str(row, MESSAGE_CONTENT)),
        .is_ai_response = db_row_int(row, MESSAGE_IS_AI_RESPONSE) != 0,
        .status = (int)db_row_int(row, MESSAGE_STATUS),
        .model = arena_str(ctx->arena, db_row_str(row, MESSAGE_MODEL)),
        .reply_to_id = db_row_int(row, MESSAGE_REPLY_TO),
        .root_id = db_row_int(row, MESSAGE_ROOT_ID),
        .reply_count = db_row_int(row, MESSAGE_REPLY_COUNT),
        .attachment_count = db_row_int(row, MESSAGE_ATTACHMENT_COUNT),
        .has_reactions = db_row_int(row, MESSAGE_HAS_REACTIONS) != 0,
        .has_mentions = db_row_int(row, MESSAGE_HAS_MENTIONS) != 0,
        .mention_all = (int)db_row_int(row, MESSAGE_MENTION_ALL) - 1,
        .pinned = db_row_int(row, MESSAGE_PINNED) != 0,
        .is_forwarded = db_row_int(row, MESSAGE_IS_FORWARDED) != 0,
        .has_saves = db_row_int(row, MESSAGE_HAS_SAVES) != 0,
        .edited_us = db_row_int(row, MESSAGE_EDITED_US),
        .deleted_us = db_row_int(row, MESSAGE_DELETED_US),
        .version = db_row_int(row, MESSAGE_VERSION),
        .created_us = db_row_int(row, MESSAGE_CREATED_US),
        .updated_us = db_row_int(row, MESSAGE_UPDATED_US),
    };
    if (!db_row_is_null(row, MESSAGE_NONCE))
        ret_message->nonce = idempotency_nonce_text(ctx, db_row_int(row, MESSAGE_NONCE));
    return arena_check(ctx->arena);
}

enum err message_rows_begin(struct ctx *ctx, const struct chat_ref *chat, int64_t room_count,
                            struct message_rows *ret_rows)
{
    struct message_rows rows = { .chat = chat, .room_count = (size_t)room_count };

    rows.items = arena_calloc(ctx->arena, rows.room_count, sizeof(*rows.items));
    if (rows.items == NULL)
        return fail(ctx, ERR_NO_MEMORY);
    *ret_rows = rows;
    return ERR_OK;
}

enum err message_rows_add(struct ctx *ctx, const struct db_row *row, void *arg)
{
    struct message_rows *rows = arg;

    if (rows->count >= rows->room_count)
        return fail(ctx, ERR_INTERNAL);
    return message_read(ctx, row, rows->chat, &rows->items[rows->count++]);
}

/* ---- parts ---- */

/* The messages, and the one that got the last part: parts come in the order of their messages' integer keys. */
struct whole {
    struct message *items;
    size_t count, at;
};

/* NULL: it was bound, or said, since the messages were read. */
static struct message *message_of(struct whole *whole, int64_t id)
{
    for (size_t i = 0; i < whole->count; i++) {
        size_t at = (whole->at + i) % whole->count;
        if (whole->items[at].id == id) {
            whole->at = at;
            return &whole->items[at];
        }
    }
    return NULL;
}

static enum err attachment_add(struct ctx *ctx, const struct db_row *row, void *arg)
{
    struct attachment attachment, *added;
    struct message *message;

    TRY(attachment_read(ctx, row, &attachment));
    message = message_of(arg, attachment.message_id);
    if (message == NULL)
        return ERR_OK;
    added = list_add(ctx->arena, &message->attachments, sizeof(*added));
    if (added == NULL)
        return fail(ctx, ERR_NO_MEMORY);
    *added = attachment;
    return ERR_OK;
}

static enum err reaction_add(struct ctx *ctx, const struct db_row *row, void *arg)
{
    struct message *message = message_of(arg, db_row_int(row, REACTIONS_OF_MESSAGES_MESSAGE_ID));
    struct reaction *added = message == NULL ? NULL : list_add(ctx->arena, &message->reactions, sizeof(*added));

    if (message == NULL)
        return ERR_OK;
    if (added == NULL)
        return fail(ctx, ERR_NO_MEMORY);
    added->emoji = arena_str(ctx->arena, db_row_str(row, REACTIONS_OF_MESSAGES_EMOJI));
    added->count = db_row_int(row, REACTIONS_OF_MESSAGES_USER_COUNT);
    added->mine = db_row_int(row, REACTIONS_OF_MESSAGES_IS_MINE) != 0;
    return arena_check(ctx->arena);
}

static enum err mention_add(struct ctx *ctx, const struct db_row *row, void *arg)
{
    struct message *message = message_of(arg, db_row_int(row, MENTIONS_OF_MESSAGES_MESSAGE_ID));
    struct uuid *added = message == NULL ? NULL : list_add(ctx->arena, &message->mentions, sizeof(*added));

    if (message == NULL)
        return ERR_OK;
    if (added == NULL)
        return fail(ctx, ERR_NO_MEMORY);
    *added = db_row_uuid(row, MENTIONS_OF_MESSAGES_UUID);
    return ERR_OK;
}

static enum err forward_add(struct ctx *ctx, const struct db_row *row, void *arg)
{
    struct message *message = message_of(arg, db_row_int(row, FORWARDS_OF_MESSAGES_MESSAGE_ID));
    struct message_forward *added = message == NULL ? NULL : arena_alloc(ctx->arena, sizeof(*added));
    struct message_author author;
    bool has_author;

    if (message == NULL)
        return ERR_OK;
    if (added == NULL)
        return fail(ctx, ERR_NO_MEMORY);
    has_author = message_author_read(ctx, row, FORWARDS_OF_MESSAGES_AUTHOR, &author);
    *added = (struct message_forward){
        .chat = db_row_uuid(row, FORWARDS_OF_MESSAGES_CHAT_UUID),
        .sender = author_sender(has_author ? &author : NULL, db_row_int(row, FORWARDS_OF_MESSAGES_IS_AI_RESPONSE) != 0,
                                arena_str(ctx->arena, db_row_str(row, FORWARDS_OF_MESSAGES_SENDER_NAME))),
        .sent_us = db_row_int(row, FORWARDS_OF_MESSAGES_SENT_US),
        .text_at = db_row_int(row, FORWARDS_OF_MESSAGES_TEXT_AT),
    };
    if (!db_row_is_null(row, FORWARDS_OF_MESSAGES_CHAT_UUID))
        added->message = db_row_uuid(row, FORWARDS_OF_MESSAGES_SOURCE_UUID);
    message->forward = added;
    return arena_check(ctx->arena);
}

static enum err saved_mark(struct ctx *ctx, const struct db_row *row, void *arg)
{
    struct message *message = message_of(arg, db_row_int(row, SAVED_OF_MESSAGES_MESSAGE_ID));

    (void)ctx;
    if (message != NULL)
        message->saved = true;
    return ERR_OK;
}

static enum err usage_read(struct ctx *ctx, const struct db_row *row, const struct message_usage **ret_usage)
{
    struct message_usage *usage;

    if (db_row_is_null(row, ANSWER_PROMPT_TOKENS))
        return ERR_OK;
    usage = arena_alloc(ctx->arena, sizeof(*usage));
    if (usage == NULL)
        return fail(ctx, ERR_NO_MEMORY);
    *usage = (struct message_usage){
        .prompt_tokens = db_row_int(row, ANSWER_PROMPT_TOKENS),
        .cached_tokens = db_row_int(row, ANSWER_CACHED_TOKENS),
        .completion_tokens = db_row_int(row, ANSWER_COMPLETION_TOKENS),
        .reasoning_tokens = db_row_int(row, ANSWER_REASONING_TOKENS),
        .cost_micros = db_row_int(row, ANSWER_COST_MICROS),
        .estimated = db_row_int(row, ANSWER_USAGE_ESTIMATED) != 0,
        .context_messages = db_row_int(row, ANSWER_CONTEXT_MESSAGES),
        .truncated = db_row_int(row, ANSWER_CONTEXT_TRUNCATED) != 0,
    };
    *ret_usage = usage;
    return ERR_OK;
}

enum err message_fault_make(struct ctx *ctx, struct str code, const struct message_fault **ret_fault)
{
    struct message_fault *fault;

    if (code.ptr == NULL)
        return ERR_OK;
    fault = arena_alloc(ctx->arena, sizeof(*fault));
    if (fault == NULL)
        return fail(ctx, ERR_NO_MEMORY);
    *fault = (struct message_fault){ arena_str(ctx->arena, code),
                                     str_from(ai_fault_row(ai_fault_find(code))->sentence) };
    *ret_fault = fault;
    return arena_check(ctx->arena);
}

enum err message_answer_read(struct ctx *ctx, const struct db_row *row, struct message_answer *ret_answer)
{
    struct message_answer answer = {
        .provider = arena_str(ctx->arena, db_row_str(row, ANSWER_PROVIDER)),
        .reasoning = arena_str(ctx->arena, db_row_str(row, ANSWER_REASONING)),
        .finish = arena_str(ctx->arena, db_row_str(row, ANSWER_FINISH)),
    };

    TRY(message_fault_make(ctx, db_row_str(row, ANSWER_FAULT), &answer.fault));
    TRY(usage_read(ctx, row, &answer.usage));
    *ret_answer = answer;
    return arena_check(ctx->arena);
}

static enum err answer_fill(struct ctx *ctx, const struct db_row *row, void *arg)
{
    struct message *message = message_of(arg, db_row_int(row, ANSWERS_OF_MESSAGES_ID));

    if (message == NULL)
        return ERR_OK;
    TRY(message_answer_read(ctx, row, &message->answer));
    message->answer.alternative = db_row_int(row, ANSWERS_OF_MESSAGES_ALTERNATIVE);
    message->answer.alternative_count = db_row_int(row, ANSWERS_OF_MESSAGES_ALTERNATIVE_COUNT);
    return ERR_OK;
}

static bool is_answer(const struct message *message)
{
    return message->is_ai_response;
}

static bool has_attachments(const struct message *message)
{
    return message->attachment_count > 0;
}

static bool has_reactions(const struct message *message)
{
    return message->has_reactions;
}

static bool has_mentions(const struct message *message)
{
    return message->has_mentions;
}

static bool has_forward(const struct message *message)
{
    return message->is_forwarded;
}

static bool has_saves(const struct message *message)
{
    return message->has_saves;
}

/* A kind of part: its statement takes (the reader,) the messages' integer keys and the workspace. */
struct part_kind {
    bool (*has)(const struct message *);
    enum sql statement;
    db_row_fn add;
    bool asks_who;
};
static const struct part_kind part_kinds[] = {
    { has_attachments, SQL_ATTACHMENTS_OF_MESSAGES, attachment_add, false },
    { has_reactions, SQL_REACTIONS_OF_MESSAGES, reaction_add, true },
    { has_mentions, SQL_MENTIONS_OF_MESSAGES, mention_add, false },
    { has_forward, SQL_FORWARDS_OF_MESSAGES, forward_add, true },
    { has_saves, SQL_SAVED_OF_MESSAGES, saved_mark, true },
    { is_answer, SQL_ANSWERS_OF_MESSAGES, answer_fill, false },
};

static enum err parts_read(struct ctx *ctx, const struct chat_ref *chat, const struct part_kind *kind,
                           const int64_t *ids, size_t id_count, struct whole *whole)
{
    struct db_value values[1 + MESSAGE_PARTS_AT_ONCE + 1];
    size_t n = 0;

    if (kind->asks_who)
        values[n++] = DB_INT(chat->user_id);
    for (size_t i = 0; i < MESSAGE_PARTS_AT_ONCE; i++)
        values[n++] = DB_INT(ids[i < id_count ? i : 0]);
    values[n++] = DB_INT_OR_NULL(chat->workspace_id);
    return db_each(ctx, kind->statement, (struct db_args){ values, n }, kind->add, whole);
}

static enum err kind_load(struct ctx *ctx, const struct chat_ref *chat, const struct part_kind *kind,
                          struct whole *whole)
{
    int64_t ids[MESSAGE_PARTS_AT_ONCE];
    size_t id_count = 0;

    for (size_t i = 0; i < whole->count; i++) {
        if (kind->has(&whole->items[i]))
            ids[id_count++] = whole->items[i].id;
        if (id_count == MESSAGE_PARTS_AT_ONCE || (id_count > 0 && i + 1 == whole->count)) {
            TRY(parts_read(ctx, chat, kind, ids, id_count, whole));
            id_count = 0;
        }
    }
    return ERR_OK;
}

enum err message_parts_read(struct ctx *ctx, const struct chat_ref *chat, struct message *messages, size_t count)
{
    struct whole whole = { .items = messages, .count = count };

    for (size_t i = 0; i < COUNT_OF(part_kinds); i++)
        TRY(kind_load(ctx, chat, &part_kinds[i], &whole));
    return ERR_OK;
}

enum err message_parts_load(struct ctx *ctx, const struct chat_ref *chat, struct message *messages, size_t count)
{
    TRY(replies_name(ctx, chat, messages, count));
    return message_parts_read(ctx, chat, messages, count);
}

/* ---- lists ---- */

enum err messages_load(struct ctx *ctx, const struct chat_ref *chat, const struct messages_query *query,
                       struct list *ret_list)
{
    struct message_rows rows = { .chat = chat };

    TRY(message_rows_begin(ctx, chat, query->limit, &rows));
    TRY(db_each(ctx, query->statement, query->args, message_rows_add, &rows));
    TRY(messages_sign(ctx, rows.items, rows.count, 0)); /* the rows do not say of which version names are */
    TRY(message_parts_load(ctx, chat, rows.items, rows.count));
    *ret_list = (struct list){ rows.items, rows.count };
    return ERR_OK;
}
