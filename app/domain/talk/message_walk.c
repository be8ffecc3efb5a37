#include "parley/domain/talk/message_walk.h"

#include "forward.h"
#include "message_author.h"
#include "message_load.h"
#include "parley/core/limits.h"
#include "parley/db/db.h"

/* As in pages (message.c): a span of seqs a few times as long is found by the index's two ends. */
enum { SPAN = 4 * EXPORT_MESSAGES };

/* Messages of a piece, until they are enough. */
struct taking {
    const struct chat_ref *chat;
    struct message *items;
    size_t count;
    int64_t text_bytes;
    int64_t people_version; /* 0: the rows do not say */
    bool is_full;           /* others were left for the next piece */
};

static enum err taking_begin(struct ctx *ctx, const struct chat_ref *chat, struct taking *ret_taking)
{
    *ret_taking = (struct taking){ .chat = chat };
    ret_taking->items = arena_calloc(ctx->arena, EXPORT_MESSAGES, sizeof(*ret_taking->items));
    return ret_taking->items != NULL ? ERR_OK : fail(ctx, ERR_NO_MEMORY);
}

/* NULL: it is left for the next piece; the first one never is. */
static struct message *place_of(const struct db_row *row, struct taking *taking)
{
    taking->text_bytes += (int64_t)db_row_str(row, MESSAGE_CONTENT).len;
    taking->is_full = taking->is_full || taking->count == EXPORT_MESSAGES ||
                      (taking->count > 0 && taking->text_bytes > EXPORT_TEXT_BYTES);
    return taking->is_full ? NULL : &taking->items[taking->count];
}

static enum err span_take(struct ctx *ctx, const struct db_row *row, void *arg)
{
    struct taking *taking = arg;
    struct message *message = place_of(row, taking);

    if (message == NULL)
        return ERR_OK;
    taking->people_version = db_row_int(row, MESSAGES_AFTER_PEOPLE_VERSION);
    TRY(message_read(ctx, row, taking->chat, message));
    taking->count++;
    return ERR_OK;
}

static enum err span_read(struct ctx *ctx, const struct message_walk *walk, int64_t to_seq, struct taking *taking)
{
    return db_each(ctx, SQL_MESSAGES_AFTER,
                   DB_ARGS(DB_INT(walk->after_seq), DB_INT(to_seq), DB_INT(walk->chat->id),
                           DB_INT(walk->chat->workspace_id), DB_NULL, DB_NULL, DB_INT(EXPORT_MESSAGES)),
                   span_take, taking);
}

struct walk_call {
    struct message_walk walk;
    struct list list;
};

static enum err walk_load(struct ctx *ctx, void *arg)
{
    struct walk_call *call = arg;
    struct message_walk *walk = &call->walk;
    int64_t to_seq = walk->upto_seq - walk->after_seq > SPAN ? walk->after_seq + SPAN : walk->upto_seq;
    struct taking taking;

    TRY(taking_begin(ctx, walk->chat, &taking));
    TRY(span_read(ctx, walk, to_seq, &taking));
    if (taking.count == 0 && to_seq < walk->upto_seq)
        TRY(span_read(ctx, walk, walk->upto_seq, &taking));
    TRY(messages_sign(ctx, taking.items, taking.count, taking.people_version));
    TRY(message_parts_load(ctx, walk->chat, taking.items, taking.count));
    if (taking.count > 0)
        walk->after_seq = taking.items[taking.count - 1].seq;
    call->list = (struct list){ taking.items, taking.count };
    return ERR_OK;
}

enum err message_walk_next(struct ctx *ctx, struct message_walk *walk, struct list *ret_list)
{
    struct walk_call call = { .walk = *walk };

    TRY(db_read(ctx, walk_load, &call));
    *walk = call.walk;
    *ret_list = call.list;
    return ERR_OK;
}

/* ---- of a person ---- */

static enum err person_take(struct ctx *ctx, const struct db_row *row, void *arg)
{
    struct taking *taking = arg;
    struct message *message = place_of(row, taking);
    struct chat_ref chat = { .id = 0 };

    if (message == NULL)
        return ERR_OK;
    chat.uuid = db_row_uuid(row, EXPORT_MESSAGES_OF_PERSON_CHAT_UUID);
    TRY(message_read(ctx, row, &chat, message));
    message->reply_to = db_row_uuid(row, EXPORT_MESSAGES_OF_PERSON_REPLY_TO_UUID);
    message->root = db_row_uuid(row, EXPORT_MESSAGES_OF_PERSON_ROOT_UUID);
    taking->count++;
    return ERR_OK;
}

/* What others wrote is not theirs to take along: the right to read it may have gone since they passed it on. */
static void own_words_keep(struct message *message)
{
    if (message->forward == NULL)
        return;
    message->content = forward_own_words(message->content, message->forward->text_at);
    message->attachments = (struct list){ NULL, 0 };
    message->attachment_count = 0;
    message->forward = NULL;
}

struct person_call {
    int64_t user_id, after_id;
    struct list list;
};

static enum err person_load(struct ctx *ctx, void *arg)
{
    static const struct chat_ref any_chat = { .id = 0 };
    struct person_call *call = arg;
    struct taking taking;

    TRY(taking_begin(ctx, &any_chat, &taking));
    TRY(db_each(ctx, SQL_EXPORT_MESSAGES_OF_PERSON,
                DB_ARGS(DB_INT(call->user_id), DB_INT(call->after_id), DB_INT(EXPORT_MESSAGES)), person_take, &taking));
    TRY(messages_sign(ctx, taking.items, taking.count, 0));
    TRY(message_parts_read(ctx, &any_chat, taking.items, taking.count));
    for (size_t i = 0; i < taking.count; i++)
        own_words_keep(&taking.items[i]);
    if (taking.count > 0)
        call->after_id = taking.items[taking.count - 1].id;
    call->list = (struct list){ taking.items, taking.count };
    return ERR_OK;
}

enum err message_walk_person(struct ctx *ctx, int64_t user_id, int64_t *after_id, struct list *ret_list)
{
    struct person_call call = { .user_id = user_id, .after_id = *after_id };

    TRY(db_read(ctx, person_load, &call));
    *after_id = call.after_id;
    *ret_list = call.list;
    return ERR_OK;
}
