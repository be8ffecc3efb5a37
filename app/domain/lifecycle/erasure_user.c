/* What a deleted user leaves behind: files that no message holds, and, where it was asked for, all that they wrote. */
#include "erasure_receipt.h"
#include "gone_message.h"
#include "parley/core/limits.h"
#include "parley/db/db.h"
#include "parley/domain/files/attachment.h"
#include "parley/domain/lifecycle/cleanup.h"
#include "parley/domain/lifecycle/erasure.h"
#include "parley/domain/lifecycle/user_change.h"
#include "parley/domain/talk/forward_erasure.h"
#include "parley/domain/talk/message_index.h"

/* Who is next, and the piece of what they wrote that goes now. */
struct user_piece {
    int64_t user_id;
    int64_t messages; /* enum user_erasing */
    int64_t chat_id, workspace_id;
    int64_t end_id;
    int64_t count; /* what the last transaction removed */
};

static struct erasure erasure_of(const struct user_piece *piece)
{
    return (struct erasure){ ERASURE_OF_USER, piece->user_id };
}

/* ---- files ---- */

static enum err files_remove(struct ctx *ctx, struct user_piece *piece, enum sql statement, struct db_args args)
{
    const struct erasure erasure = erasure_of(piece);
    struct attachment_removal removal;

    TRY(attachment_remove_found(ctx, statement, args, &removal));
    piece->count = removal.row_count;
    return erasure_note(ctx, &erasure,
                        &(struct erased){ .file_count = removal.row_count, .byte_count = removal.byte_count });
}

static enum err unbound_files_remove(struct ctx *ctx, void *arg)
{
    struct user_piece *piece = arg;

    return files_remove(ctx, piece, SQL_ATTACHMENTS_UNBOUND_OF_USER,
                        DB_ARGS(DB_INT(piece->user_id), DB_INT(OBJECT_BATCH_MAX)));
}

static enum err message_files_remove(struct ctx *ctx, void *arg)
{
    struct user_piece *piece = arg;

    return files_remove(ctx, piece, SQL_ATTACHMENTS_OF_SENDER_TO_ID,
                        DB_ARGS(DB_INT(piece->user_id), DB_INT(piece->chat_id), DB_INT(piece->workspace_id),
                                DB_INT(piece->end_id), DB_INT(OBJECT_BATCH_MAX)));
}

/* ---- messages ---- */

/* The chat's row first, as everywhere; its count follows what was really removed. */
static enum err messages_remove(struct ctx *ctx, void *arg)
{
    struct user_piece *piece = arg;
    const struct db_value chat = DB_INT(piece->chat_id), workspace = DB_INT(piece->workspace_id);
    const struct db_args written = DB_ARGS(DB_INT(piece->user_id), chat, workspace, DB_INT(piece->end_id));
    const struct erasure erasure = erasure_of(piece);
    struct list gone;

    TRY(db_exec(ctx, SQL_CHAT_ADD_MESSAGE_COUNT, DB_ARGS(DB_INT(0), chat, workspace), NULL));
    TRY(gone_messages_read(ctx, SQL_MESSAGES_OF_SENDER, written, &gone));
    TRY(db_exec(ctx, SQL_CHAT_GAPS_OF_SENDER, written, NULL));
    TRY(db_exec(ctx, SQL_REPLIES_UNCOUNT_OF_SENDER, written, NULL));
    TRY(message_index_add_found(ctx, SQL_INDEX_QUEUE_ADD_OF_SENDER, written));
    TRY(db_exec(ctx, SQL_MESSAGES_DELETE_OF_SENDER, written, &piece->count));
    TRY(db_exec(ctx, SQL_CHAT_ADD_MESSAGE_COUNT, DB_ARGS(DB_INT(-piece->count), chat, workspace), NULL));
    TRY(erasure_note(ctx, &erasure, &(struct erased){ .message_count = piece->count }));
    return gone_messages_tell(ctx, piece->workspace_id, piece->chat_id, &gone);
}

static enum err chat_step(struct ctx *ctx, struct user_piece *piece)
{
    TRY(db_number(
        ctx, SQL_SENDER_FIRST_IDS_END,
        DB_ARGS(DB_INT(piece->user_id), DB_INT(piece->chat_id), DB_INT(piece->workspace_id), DB_INT(ERASE_BATCH_ROWS)),
        &piece->end_id));
    do
        TRY(db_run(ctx, message_files_remove, piece));
    while (piece->count > 0);
    return db_run(ctx, messages_remove, piece);
}

static enum err forward_remove(struct ctx *ctx, void *arg)
{
    struct user_piece *piece = arg;
    const struct erasure erasure = erasure_of(piece);
    struct attachment_removal files;

    TRY(forward_erase_step(ctx, piece->user_id, &piece->count, &files));
    return erasure_note(ctx, &erasure,
                        &(struct erased){ .file_count = files.row_count, .byte_count = files.byte_count });
}

/* ---- all of it ---- */

static enum err user_finish(struct ctx *ctx, void *arg)
{
    struct user_piece *piece = arg;
    const struct erasure erasure = erasure_of(piece);

    TRY(db_exec(ctx, SQL_PINS_FORGET_USER, DB_ARGS(DB_INT(piece->user_id)), NULL));
    TRY(erasure_receipt(ctx, &erasure, 0));
    return db_exec(ctx, SQL_USER_ERASED, DB_ARGS(DB_INT(piece->user_id)), &piece->count);
}

static enum err next_user_read(struct ctx *ctx, const struct db_row *row, void *arg)
{
    struct user_piece *piece = arg;

    (void)ctx;
    piece->user_id = db_row_int(row, USER_ERASING_NEXT_ID);
    piece->messages = db_row_int(row, USER_ERASING_NEXT_ERASE_MESSAGES);
    return ERR_OK;
}

static enum err next_chat_read(struct ctx *ctx, const struct db_row *row, void *arg)
{
    struct user_piece *piece = arg;

    (void)ctx;
    piece->chat_id = db_row_int(row, CHAT_PIECE_ID);
    piece->workspace_id = db_row_int(row, CHAT_PIECE_WORKSPACE_ID);
    return ERR_OK;
}

/* What no message holds first; then the messages of one chat after the other, and what others have forwarded of them. */
static enum err user_step(struct ctx *ctx, struct user_piece *piece)
{
    enum err e = ERR_NOT_FOUND;

    TRY(expire_uploads_of_user(ctx, piece->user_id, &piece->count));
    if (piece->count > 0)
        return ERR_OK;
    TRY(db_run(ctx, unbound_files_remove, piece));
    if (piece->count > 0)
        return ERR_OK;
    if (piece->messages == USER_ERASING_ALL)
        e = db_one(ctx, SQL_MESSAGE_FIRST_OF_SENDER, DB_ARGS(DB_INT(piece->user_id)), next_chat_read, piece);
    if (e == ERR_OK)
        return chat_step(ctx, piece);
    if (e != ERR_NOT_FOUND)
        return e;
    if (piece->messages == USER_ERASING_ALL)
        TRY(db_run(ctx, forward_remove, piece));
    return piece->count > 0 ? ERR_OK : db_run(ctx, user_finish, piece);
}

enum err erase_users_step(struct ctx *ctx, int64_t *ret_count)
{
    struct user_piece piece = { .count = 0 };
    enum err e = db_one(ctx, SQL_USER_ERASING_NEXT, DB_NO_ARGS, next_user_read, &piece);

    *ret_count = 0;
    if (e == ERR_NOT_FOUND)
        return ERR_OK;
    TRY(e);
    TRY(user_step(ctx, &piece));
    *ret_count = piece.count;
    return ERR_OK;
}
