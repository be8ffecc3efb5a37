#include "parley/domain/lifecycle/retention.h"

#include "erasure_receipt.h"
#include "gone_message.h"
#include "parley/core/clock.h"
#include "parley/core/limits.h"
#include "parley/db/db.h"
#include "parley/domain/files/attachment.h"
#include "parley/domain/talk/message_index.h"

static int64_t before_of(const struct ctx *ctx, int64_t days)
{
    return ctx->now_us - days * US_PER_DAY;
}

/* ---- chats in which something goes ---- */

static enum err chat_add(struct ctx *ctx, const struct db_row *row, void *arg)
{
    struct retention_run *run = arg;

    if (run->chat_count >= RETENTION_CHATS_AT_ONCE)
        return fail(ctx, ERR_INTERNAL);
    run->chat_id = db_row_int(row, RETENTION_CHATS_ID);
    run->chats[run->chat_count++] = run->chat_id;
    return ERR_OK;
}

/* The next ones, behind those that were found before; none: chat_count is 0. */
static enum err chats_find(struct ctx *ctx, struct retention_run *run)
{
    run->chat_count = run->chat_at = 0;
    return db_each(ctx, SQL_RETENTION_CHATS,
                   DB_ARGS(DB_INT(run->workspace_id), DB_INT(run->chat_id), DB_INT(run->before_us),
                           DB_INT(RETENTION_CHATS_AT_ONCE)),
                   chat_add, run);
}

/* ---- preview ---- */

static enum err files_read(struct ctx *ctx, const struct db_row *row, void *arg)
{
    struct retention_preview *preview = arg;

    (void)ctx;
    preview->file_count += db_row_int(row, RETENTION_FILES_FILE_COUNT);
    preview->byte_count += db_row_int(row, RETENTION_FILES_BYTE_COUNT);
    return ERR_OK;
}

static enum err chat_count(struct ctx *ctx, int64_t chat_id, const struct retention_run *run,
                           struct retention_preview *preview)
{
    const struct db_value chat = DB_INT(chat_id), workspace = DB_INT(run->workspace_id);
    int64_t kept_seq = 0, count = 0;
    enum err e = db_number(ctx, SQL_RETENTION_FIRST_KEPT, DB_ARGS(chat, workspace, DB_INT(run->before_us)), &kept_seq);

    if (e == ERR_NOT_FOUND)
        kept_seq = INT64_MAX;
    else
        TRY(e);
    TRY(db_number(ctx, SQL_RETENTION_MESSAGES, DB_ARGS(chat, workspace, DB_INT(kept_seq)), &count));
    preview->message_count += count;
    return db_one(ctx, SQL_RETENTION_FILES, DB_ARGS(DB_INT(run->before_us), chat, workspace, DB_INT(kept_seq)),
                  files_read, preview);
}

struct preview_call {
    int64_t workspace_id, days;
    struct retention_preview preview;
};

static enum err preview_load(struct ctx *ctx, void *arg)
{
    struct preview_call *call = arg;
    struct retention_run run = { .workspace_id = call->workspace_id,
                                 .days = call->days,
                                 .before_us = before_of(ctx, call->days) };

    call->preview = (struct retention_preview){ .days = call->days, .before_us = run.before_us };
    do {
        TRY(chats_find(ctx, &run));
        for (size_t i = 0; i < run.chat_count; i++)
            TRY(chat_count(ctx, run.chats[i], &run, &call->preview));
    } while (run.chat_count == RETENTION_CHATS_AT_ONCE);
    return ERR_OK;
}

enum err retention_preview(struct ctx *ctx, int64_t workspace_id, int64_t days, struct retention_preview *ret_preview)
{
    struct preview_call call = { .workspace_id = workspace_id, .days = days };

    TRY(db_read(ctx, preview_load, &call));
    *ret_preview = call.preview;
    return ERR_OK;
}

/* ---- the messages of a chat ---- */

struct piece {
    const struct retention_run *run;
    int64_t chat_id;
    int64_t end_seq; /* of the messages that go now; 0: none are left */
    bool is_over;    /* the first one that stays was seen */
    bool is_kept;    /* the workspace keeps them for another time now */
    int64_t count;   /* what the last transaction removed */
};

static struct erasure erasure_of(const struct retention_run *run)
{
    return (struct erasure){ ERASURE_BY_RETENTION, run->workspace_id };
}

static enum err end_look(struct ctx *ctx, const struct db_row *row, void *arg)
{
    struct piece *piece = arg;

    (void)ctx;
    piece->is_over = piece->is_over || db_row_int(row, RETENTION_FIRST_CREATED_US) >= piece->run->before_us;
    if (!piece->is_over)
        piece->end_seq = db_row_int(row, RETENTION_FIRST_SEQ);
    return ERR_OK;
}

/* An owner who has just said that they are kept must not lose one more. */
static enum err setting_check(struct ctx *ctx, struct piece *piece)
{
    int64_t id;
    enum err e = db_number(ctx, SQL_RETENTION_HOLDS,
                           DB_ARGS(DB_INT(piece->run->workspace_id), DB_INT(piece->run->days)), &id);

    piece->is_kept = e == ERR_NOT_FOUND;
    piece->count = 0;
    return e == ERR_NOT_FOUND ? ERR_OK : e;
}

static enum err files_remove(struct ctx *ctx, void *arg)
{
    struct piece *piece = arg;
    const struct erasure erasure = erasure_of(piece->run);
    struct attachment_removal removal;

    TRY(setting_check(ctx, piece));
    if (piece->is_kept)
        return ERR_OK;
    TRY(attachment_remove_found(ctx, SQL_ATTACHMENTS_OF_CHAT_TO_SEQ,
                                DB_ARGS(DB_INT(piece->chat_id), DB_INT(piece->run->workspace_id),
                                        DB_INT(piece->end_seq), DB_INT(OBJECT_BATCH_MAX)),
                                &removal));
    piece->count = removal.row_count;
    return erasure_note(ctx, &erasure,
                        &(struct erased){ .file_count = removal.row_count, .byte_count = removal.byte_count });
}

/* The chat's row first, as everywhere. Replies lie behind their roots, so no thread that stays loses one. */
static enum err messages_remove(struct ctx *ctx, void *arg)
{
    struct piece *piece = arg;
    const struct db_value chat = DB_INT(piece->chat_id), workspace = DB_INT(piece->run->workspace_id),
                          end = DB_INT(piece->end_seq);
    const struct erasure erasure = erasure_of(piece->run);
    struct list gone;

    TRY(setting_check(ctx, piece));
    if (piece->is_kept)
        return ERR_OK;
    TRY(db_exec(ctx, SQL_CHAT_ADD_MESSAGE_COUNT, DB_ARGS(DB_INT(0), chat, workspace), NULL));
    TRY(gone_messages_read(ctx, SQL_RETENTION_GOING, DB_ARGS(chat, workspace, end), &gone));
    TRY(db_exec(ctx, SQL_RETENTION_GAPS, DB_ARGS(chat, workspace, end), NULL));
    TRY(message_index_add_found(ctx, SQL_INDEX_QUEUE_ADD_TO_SEQ, DB_ARGS(chat, workspace, DB_INT(0), end)));
    TRY(db_exec(ctx, SQL_RETENTION_DELETE, DB_ARGS(chat, workspace, end), &piece->count));
    TRY(db_exec(ctx, SQL_CHAT_ADD_MESSAGE_COUNT, DB_ARGS(DB_INT(-piece->count), chat, workspace), NULL));
    TRY(erasure_note(ctx, &erasure, &(struct erased){ .message_count = piece->count }));
    return gone_messages_tell(ctx, piece->run->workspace_id, piece->chat_id, &gone);
}

/* Up to ERASE_BATCH_ROWS messages; *ret_done: no others go. */
static enum err chat_step(struct ctx *ctx, const struct retention_run *run, int64_t chat_id, bool *ret_done)
{
    struct piece piece = { .run = run, .chat_id = chat_id };

    *ret_done = true;
    TRY(db_each(ctx, SQL_RETENTION_FIRST, DB_ARGS(DB_INT(chat_id), DB_INT(run->workspace_id), DB_INT(ERASE_BATCH_ROWS)),
                end_look, &piece));
    if (piece.end_seq == 0)
        return ERR_OK;
    do
        TRY(db_run(ctx, files_remove, &piece));
    while (piece.count > 0);
    if (!piece.is_kept)
        TRY(db_run(ctx, messages_remove, &piece));
    *ret_done = piece.is_over || piece.is_kept || piece.count == 0;
    return ERR_OK;
}

/* ---- the run ---- */

static enum err workspace_read(struct ctx *ctx, const struct db_row *row, void *arg)
{
    struct retention_run *run = arg;

    *run = (struct retention_run){ .workspace_id = db_row_int(row, RETENTION_WORKSPACE_NEXT_ID),
                                   .days = db_row_int(row, RETENTION_WORKSPACE_NEXT_RETENTION_DAYS) };
    run->before_us = before_of(ctx, run->days);
    return ERR_OK;
}

static enum err receipt_write(struct ctx *ctx, void *arg)
{
    const struct retention_run *run = arg;
    const struct erasure erasure = erasure_of(run);
    enum err e = erasure_receipt(ctx, &erasure, run->before_us);

    return e == ERR_NOT_FOUND ? ERR_OK : e; /* the workspace has gone meanwhile */
}

/* All of its chats have been looked at. */
static enum err workspace_end(struct ctx *ctx, struct retention_run *run)
{
    TRY(db_run(ctx, receipt_write, run));
    run->days = 0;
    return ERR_OK;
}

/* No workspace is left to look through; *ret_count 0: nor is a receipt to be written. */
static enum err owed_receipt_write(struct ctx *ctx, int64_t *ret_count)
{
    struct retention_run owed = { .days = 0 };
    enum err e = db_number(ctx, SQL_RETENTION_OWED_NEXT, DB_NO_ARGS, &owed.workspace_id);

    *ret_count = e == ERR_OK;
    if (e != ERR_OK)
        return e == ERR_NOT_FOUND ? ERR_OK : e;
    return db_run(ctx, receipt_write, &owed);
}

static enum err workspace_next(struct ctx *ctx, struct retention_run *run, int64_t *ret_count)
{
    enum err e = db_one(ctx, SQL_RETENTION_WORKSPACE_NEXT, DB_ARGS(DB_INT(run->workspace_id)), workspace_read, run);

    return e == ERR_NOT_FOUND ? owed_receipt_write(ctx, ret_count) : e;
}

enum err retention_step(struct ctx *ctx, struct retention_run *run, int64_t *ret_count)
{
    bool done = false;

    *ret_count = 1;
    if (run->days == 0)
        return workspace_next(ctx, run, ret_count);
    if (run->chat_at == run->chat_count) {
        TRY(chats_find(ctx, run));
        return run->chat_count == 0 ? workspace_end(ctx, run) : ERR_OK;
    }
    TRY(chat_step(ctx, run, run->chats[run->chat_at], &done));
    run->chat_at += done;
    return ERR_OK;
}
