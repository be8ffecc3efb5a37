#include "parley/domain/lifecycle/erasure.h"

#include "erasure_receipt.h"
#include "parley/core/limits.h"
#include "parley/db/db.h"
#include "parley/domain/files/attachment.h"
#include "parley/domain/lifecycle/cleanup.h"
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
    return erasure_note(ctx, &(struct erasure){ ERASURE_OF_CHAT, piece->chat.id },
                        &(struct erased){ .file_count = removal.row_count, .byte_count = removal.byte_count });
}

/* Their words go in the next transaction of the index's job. */
static enum err chat_messages_remove(struct ctx *ctx, void *arg)
{
    struct chat_piece *piece = arg;
    const struct db_value chat = DB_INT(piece->chat.id), workspace = DB_INT(piece->chat.workspace_id),
                          end = DB_INT(piece->end_seq);

    TRY(message_index_add_found(ctx, SQL_INDEX_QUEUE_ADD_TO_SEQ, DB_ARGS(chat, workspace, DB_INT(0), end)));
    TRY(db_exec(ctx, SQL_MESSAGES_DELETE_TO_SEQ, DB_ARGS(chat, workspace, end), &piece->count));
    return erasure_note(ctx, &(struct erasure){ ERASURE_OF_CHAT, piece->chat.id },
                        &(struct erased){ .message_count = piece->count });
}

static enum err chat_erase(struct ctx *ctx, void *arg)
{
    struct chat_piece *piece = arg;

    TRY(erasure_receipt(ctx, &(struct erasure){ ERASURE_OF_CHAT, piece->chat.id }, 0));
    return db_exec(ctx, SQL_CHAT_ERASE, DB_ARGS(DB_INT(piece->chat.id), DB_INT(piece->chat.workspace_id)),
                   &piece->count);
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
    if (piece.end_seq > 0) {
        do
            TRY(db_run(ctx, chat_files_remove, &piece));
        while (piece.count > 0);
    }
    TRY(db_run(ctx, piece.end_seq > 0 ? chat_messages_remove : chat_erase, &piece));
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
    return erasure_note(ctx, &(struct erasure){ ERASURE_OF_WORKSPACE, piece->id },
                        &(struct erased){ .file_count = removal.row_count, .byte_count = removal.byte_count });
}

static enum err workspace_erase(struct ctx *ctx, void *arg)
{
    struct workspace_piece *piece = arg;

    TRY(erasure_receipt(ctx, &(struct erasure){ ERASURE_BY_RETENTION, piece->id }, 0)); /* of a run that was cut off */
    TRY(erasure_receipt(ctx, &(struct erasure){ ERASURE_OF_WORKSPACE, piece->id }, 0));
    return db_exec(ctx, SQL_WORKSPACE_ERASE, DB_ARGS(DB_INT(piece->id)), &piece->count);
}

/* The last steps wait until no chat is left. */
static enum err workspace_finish(struct ctx *ctx, struct workspace_piece *piece)
{
    struct next chat;
    enum err e = db_one(ctx, SQL_CHAT_DELETED_OF_WORKSPACE, DB_ARGS(DB_INT(piece->id)), next_read, &chat);

    piece->count = 0;

    if (e == ERR_OK)
        return ERR_OK;
    if (e != ERR_NOT_FOUND)
        return e;
    return db_run(ctx, workspace_erase, piece);
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
    if (*ret_count > 0)
        return ERR_OK;
    TRY(workspace_finish(ctx, &piece));
    *ret_count = piece.count;
    return ERR_OK;
}
