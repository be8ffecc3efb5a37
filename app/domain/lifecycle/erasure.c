#include "parley/domain/lifecycle/erasure.h"

#include "parley/core/limits.h"
#include "parley/core/list.h"
#include "parley/db/db.h"
#include "parley/domain/events/event.h"
#include "parley/domain/files/attachment.h"
#include "parley/domain/lifecycle/cleanup.h"
#include "parley/domain/talk/forward_erasure.h"
#include "parley/domain/talk/message_index.h"

/* Two numbers of the first row of a statement: which thing is next, and whose it is. */
struct next {
    int64_t id, workspace_id;
};

static enum err next_read(struct ctx *ctx, const struct db_row *row, void *arg)
{
    struct next *next = arg;

    (void)ctx;
    next->id = db_row_int(row, CHAT_PIECE_ID);
    next->workspace_id = db_row_int(row, CHAT_PIECE_WORKSPACE_ID);
    return ERR_OK;
}

/* ---- chats ---- */

struct chat_piece {
    struct next chat;
    int64_t end_seq; /* of the messages that go now; 0: none are left */
    int64_t count;   /* what the last transaction removed */
};

static enum err chat_files_remove(struct ctx *ctx, void *arg)
{
    struct chat_piece *piece = arg;
    struct attachment_removal removal;

    TRY(attachment_remove_found(ctx, SQL_ATTACHMENTS_OF_CHAT_TO_SEQ,
                                DB_ARGS(DB_INT(piece->chat.id), DB_INT(piece->chat.workspace_id),
                                        DB_INT(piece->end_seq), DB_INT(OBJECT_BATCH_MAX)),
                                &removal));
    piece->count = removal.row_count;
    return ERR_OK;
}

/* Their words go in the next transaction of the index's job. */
static enum err chat_messages_remove(struct ctx *ctx, void *arg)
{
    struct chat_piece *piece = arg;
    const struct db_value chat = DB_INT(piece->chat.id), workspace = DB_INT(piece->chat.workspace_id),
                          end = DB_INT(piece->end_seq);

    TRY(message_index_add_found(ctx, SQL_INDEX_QUEUE_ADD_TO_SEQ, DB_ARGS(chat, workspace, DB_INT(0), end)));
    return db_exec(ctx, SQL_MESSAGES_DELETE_TO_SEQ, DB_ARGS(chat, workspace, end), &piece->count);
}

static enum err chat_erase(struct ctx *ctx, const struct chat_piece *piece, int64_t *ret_count)
{
    return db_exec(ctx, SQL_CHAT_ERASE, DB_ARGS(DB_INT(piece->chat.id), DB_INT(piece->chat.workspace_id)), ret_count);
}

enum err erase_chats_step(struct ctx *ctx, int64_t *ret_count)
{
    struct chat_piece piece = { .count = 0 };
    enum err e = db_one(ctx, SQL_CHAT_DELETED_NEXT, DB_NO_ARGS, next_read, &piece.chat);

    *ret_count = 0;
    if (e == ERR_NOT_FOUND)
        return ERR_OK;
    TRY(e);
    TRY(db_number(ctx, SQL_CHAT_FIRST_SEQS_END,
                  DB_ARGS(DB_INT(piece.chat.id), DB_INT(piece.chat.workspace_id), DB_INT(ERASE_BATCH_ROWS)),
                  &piece.end_seq));
    if (piece.end_seq == 0)
        return chat_erase(ctx, &piece, ret_count);
    do
        TRY(db_run(ctx, chat_files_remove, &piece));
    while (piece.count > 0);
    TRY(db_run(ctx, chat_messages_remove, &piece));
    *ret_count = piece.count;
    return ERR_OK;
}

/* ---- workspaces ---- */

struct workspace_piece {
    int64_t id;
    int64_t count;
};

static enum err workspace_files_remove(struct ctx *ctx, void *arg)
{
    struct workspace_piece *piece = arg;
    struct attachment_removal removal;

    TRY(attachment_remove_found(ctx, SQL_ATTACHMENTS_UNBOUND_OF_WORKSPACE,
                                DB_ARGS(DB_INT(piece->id), DB_INT(OBJECT_BATCH_MAX)), &removal));
    piece->count = removal.row_count;
    return ERR_OK;
}

/* The last steps wait until no chat is left. */
static enum err workspace_finish(struct ctx *ctx, int64_t workspace_id, int64_t *ret_count)
{
    struct next chat;
    enum err e = db_one(ctx, SQL_CHAT_DELETED_OF_WORKSPACE, DB_ARGS(DB_INT(workspace_id)), next_read, &chat);

    if (e == ERR_OK)
        return ERR_OK;
    if (e != ERR_NOT_FOUND)
        return e;
    return db_exec(ctx, SQL_WORKSPACE_ERASE, DB_ARGS(DB_INT(workspace_id)), ret_count);
}

enum err erase_workspaces_step(struct ctx *ctx, int64_t *ret_count)
{
    struct workspace_piece piece = { .count = 0 };
    enum err e = db_number(ctx, SQL_WORKSPACE_DELETED_NEXT, DB_NO_ARGS, &piece.id);

    *ret_count = 0;
    if (e == ERR_NOT_FOUND)
        return ERR_OK;
    TRY(e);
    TRY(db_exec(ctx, SQL_CHATS_MARK_DELETED_OF_WORKSPACE, DB_ARGS(DB_INT(ctx->now_us), DB_INT(piece.id)), ret_count));
    TRY(expire_uploads_of_workspace(ctx, piece.id, &piece.count));
    *ret_count += piece.count;
    TRY(db_run(ctx, workspace_files_remove, &piece));
    *ret_count += piece.count;
    return *ret_count > 0 ? ERR_OK : workspace_finish(ctx, piece.id, ret_count);
}

/* ---- what a user wrote ---- */

struct user_piece {
    int64_t user_id;
    struct next chat;
    int64_t end_id;
    int64_t count;
};

static enum err user_files_remove(struct ctx *ctx, void *arg)
{
    struct user_piece *piece = arg;
    struct attachment_removal removal;

    TRY(attachment_remove_found(ctx, SQL_ATTACHMENTS_OF_SENDER_TO_ID,
                                DB_ARGS(DB_INT(piece->user_id), DB_INT(piece->chat.id),
                                        DB_INT(piece->chat.workspace_id), DB_INT(piece->end_id),
                                        DB_INT(OBJECT_BATCH_MAX)),
                                &removal));
    piece->count = removal.row_count;
    return ERR_OK;
}

/* A message that goes. */
struct erased {
    struct uuid uuid;
    int64_t seq;
};

static enum err erased_add(struct ctx *ctx, const struct db_row *row, void *arg)
{
    struct erased *erased = list_add(ctx->arena, arg, sizeof(*erased));

    if (erased == NULL)
        return fail(ctx, ERR_NO_MEMORY);
    *erased = (struct erased){ db_row_uuid(row, MESSAGES_OF_SENDER_UUID), db_row_int(row, MESSAGES_OF_SENDER_SEQ) };
    return ERR_OK;
}

static enum err tell_erased(struct ctx *ctx, const struct next *chat, const struct list *list)
{
    event_skip(ctx, EVENT_MESSAGE_DELETED);
    for (size_t i = 0; i < list->count; i++) {
        const struct erased *erased = (const struct erased *)list->items + i;

        TRY(event_add(ctx, &(struct event){ .kind = EVENT_MESSAGE_DELETED,
                                            .workspace_id = chat->workspace_id,
                                            .chat_id = chat->id,
                                            .subject = erased->uuid,
                                            .detail = event_number(ctx, erased->seq) }));
    }
    return ERR_OK;
}

/* The chat's row first, as everywhere; its count follows what was really removed. */
static enum err user_messages_remove(struct ctx *ctx, void *arg)
{
    struct user_piece *piece = arg;
    const struct next *chat = &piece->chat;
    const struct db_args written = DB_ARGS(DB_INT(piece->user_id), DB_INT(chat->id), DB_INT(chat->workspace_id),
                                           DB_INT(piece->end_id));
    struct list erased = { NULL, 0 };

    TRY(db_exec(ctx, SQL_CHAT_ADD_MESSAGE_COUNT, DB_ARGS(DB_INT(0), DB_INT(chat->id), DB_INT(chat->workspace_id)),
                NULL));
    TRY(db_each(ctx, SQL_MESSAGES_OF_SENDER, written, erased_add, &erased));
    TRY(db_exec(ctx, SQL_CHAT_GAPS_OF_SENDER, written, NULL));
    TRY(db_exec(ctx, SQL_REPLIES_UNCOUNT_OF_SENDER, written, NULL));
    TRY(message_index_add_found(ctx, SQL_INDEX_QUEUE_ADD_OF_SENDER, written));
    TRY(db_exec(ctx, SQL_MESSAGES_DELETE_OF_SENDER, written, &piece->count));
    TRY(db_exec(ctx, SQL_CHAT_ADD_MESSAGE_COUNT,
                DB_ARGS(DB_INT(-piece->count), DB_INT(chat->id), DB_INT(chat->workspace_id)), NULL));
    return tell_erased(ctx, chat, &erased);
}

static enum err user_chat_step(struct ctx *ctx, struct user_piece *piece, int64_t *ret_count)
{
    const struct next *chat = &piece->chat;

    TRY(db_number(
        ctx, SQL_SENDER_FIRST_IDS_END,
        DB_ARGS(DB_INT(piece->user_id), DB_INT(chat->id), DB_INT(chat->workspace_id), DB_INT(ERASE_BATCH_ROWS)),
        &piece->end_id));
    do
        TRY(db_run(ctx, user_files_remove, piece));
    while (piece->count > 0);
    TRY(db_run(ctx, user_messages_remove, piece));
    *ret_count = piece->count;
    return ERR_OK;
}

enum err erase_users_step(struct ctx *ctx, int64_t *ret_count)
{
    struct user_piece piece = { .count = 0 };
    enum err e = db_number(ctx, SQL_USER_ERASING_NEXT, DB_NO_ARGS, &piece.user_id);

    *ret_count = 0;
    if (e == ERR_NOT_FOUND)
        return ERR_OK;
    TRY(e);
    e = db_one(ctx, SQL_MESSAGE_FIRST_OF_SENDER, DB_ARGS(DB_INT(piece.user_id)), next_read, &piece.chat);
    if (e == ERR_OK)
        return user_chat_step(ctx, &piece, ret_count);
    if (e != ERR_NOT_FOUND)
        return e;
    TRY(forward_erase_step(ctx, piece.user_id, ret_count));
    return *ret_count > 0 ? ERR_OK : db_exec(ctx, SQL_USER_ERASED, DB_ARGS(DB_INT(piece.user_id)), ret_count);
}
