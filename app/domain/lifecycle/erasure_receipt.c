#include "erasure_receipt.h"

#include "parley/core/clock.h"
#include "parley/db/db.h"
#include "parley/domain/record/audit.h"

/* By erasure_kind. */
static const struct receipt_kind {
    enum sql subject;
    enum audit_action action;
    enum audit_target_kind target_kind;
} kinds[] = {
    [ERASURE_OF_CHAT] = { SQL_ERASURE_CHAT_UUID, AUDIT_CHAT_ERASED, AUDIT_ON_CHAT },
    [ERASURE_OF_WORKSPACE] = { SQL_ERASURE_WORKSPACE_UUID, AUDIT_WORKSPACE_ERASED, AUDIT_ON_WORKSPACE },
    [ERASURE_OF_USER] = { SQL_ERASURE_USER_UUID, AUDIT_USER_ERASED, AUDIT_ON_USER },
    [ERASURE_BY_RETENTION] = { SQL_ERASURE_WORKSPACE_UUID, AUDIT_RETENTION_APPLIED, AUDIT_ON_WORKSPACE },
};

enum err erasure_note(struct ctx *ctx, const struct erasure *erasure, const struct erased *erased)
{
    if (erased->message_count == 0 && erased->file_count == 0)
        return ERR_OK;
    return db_exec(ctx, SQL_ERASURE_ADD,
                   DB_ARGS(DB_INT(erasure->kind), DB_INT(erasure->subject_id), DB_INT(erased->message_count),
                           DB_INT(erased->file_count), DB_INT(erased->byte_count), DB_INT(ctx->now_us)),
                   NULL);
}

static enum err erased_read(struct ctx *ctx, const struct db_row *row, void *arg)
{
    struct erased *erased = arg;

    (void)ctx;
    erased->message_count = db_row_int(row, ERASURE_GET_MESSAGE_COUNT);
    erased->file_count = db_row_int(row, ERASURE_GET_FILE_COUNT);
    erased->byte_count = db_row_int(row, ERASURE_GET_BYTE_COUNT);
    return ERR_OK;
}

/* *ret_any: something was counted. */
static enum err erased_take(struct ctx *ctx, const struct erasure *erasure, struct erased *ret_erased, bool *ret_any)
{
    const struct db_args key = DB_ARGS(DB_INT(erasure->kind), DB_INT(erasure->subject_id));
    enum err e = db_one(ctx, SQL_ERASURE_GET, key, erased_read, ret_erased);

    *ret_any = e == ERR_OK;
    if (e == ERR_NOT_FOUND)
        return ERR_OK;
    TRY(e);
    return db_exec(ctx, SQL_ERASURE_END, key, NULL);
}

static enum err subject_read(struct ctx *ctx, const struct db_row *row, void *arg)
{
    struct uuid *uuid = arg;

    (void)ctx;
    *uuid = db_row_uuid(row, ERASURE_SUBJECT_UUID);
    return ERR_OK;
}

enum err erasure_receipt(struct ctx *ctx, const struct erasure *erasure, int64_t before_us)
{
    const struct receipt_kind *kind = &kinds[erasure->kind];
    struct erased erased = { 0, 0, 0 };
    char before_text[CLOCK_TEXT_BYTES];
    struct str before = { NULL, 0 };
    struct uuid subject;
    bool any;

    TRY(erased_take(ctx, erasure, &erased, &any));
    if (!any && erasure->kind == ERASURE_BY_RETENTION)
        return ERR_OK;
    TRY(db_one(ctx, kind->subject, DB_ARGS(DB_INT(erasure->subject_id)), subject_read, &subject));
    if (before_us != 0) {
        clock_format(before_us, before_text);
        before = str_from(before_text);
    }
    return audit_add(ctx, &(struct audit_entry){ .action = kind->action,
                                                 .target_kind = kind->target_kind,
                                                 .target = subject,
                                                 .details = AUDIT_DETAILS(AUDIT_INT("messages", erased.message_count),
                                                                          AUDIT_INT("files", erased.file_count),
                                                                          AUDIT_INT("bytes", erased.byte_count),
                                                                          AUDIT_TEXT("before", before)) });
}
