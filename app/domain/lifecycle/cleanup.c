#include "parley/domain/lifecycle/cleanup.h"

#include "parley/core/clock.h"
#include "parley/core/limits.h"
#include "parley/db/db.h"
#include "parley/domain/files/attachment.h"
#include "parley/domain/files/object_deletion.h"
#include "parley/domain/lifecycle/email_change.h"
#include "parley/domain/record/idempotency.h"
#include "parley/domain/record/mail_queue.h"
#include "parley/domain/trust/challenge.h"
#include "parley/domain/trust/password_reset.h"
#include "parley/domain/trust/session.h"
#include "parley/objects/store.h"

/* ---- objects ---- */

enum err expire_objects(struct ctx *ctx, int64_t *ret_count)
{
    struct pending_deletions batch;

    TRY(object_deletion_claim(ctx, &batch));
    *ret_count = (int64_t)batch.count;
    return batch.count > 0 ? object_deletion_finish(ctx, &batch) : ERR_OK;
}

/* Long enough that no upload under way is meant. */
enum err expire_store(struct ctx *ctx, int64_t *ret_count)
{
    int64_t older_than_us = ctx->now_us - 2 * UPLOAD_PARTS_LIFE_S * US_PER_S;
    int64_t swept = 0;

    *ret_count = 0;
    return store_sweep(ctx->app->store, ctx->arena, older_than_us, &swept);
}

/* ---- uploads ---- */

struct old_upload {
    int64_t id, workspace_id;
    int64_t expires_us;
    struct pending_deletion pending;
};

struct old_uploads {
    enum sql find;
    struct db_args args;
    int64_t dead_claim_us; /* a younger claim is a completion under way; INT64_MAX: none is respected */
    size_t count;
    struct old_upload items[OBJECT_BATCH_MAX];
};

static enum err old_upload_read(struct ctx *ctx, const struct db_row *row, void *arg)
{
    struct old_uploads *uploads = arg;

    if (uploads->count >= OBJECT_BATCH_MAX)
        return fail(ctx, ERR_INTERNAL);
    uploads->items[uploads->count++] = (struct old_upload){
        .id = db_row_int(row, UPLOAD_OLD_ID),
        .workspace_id = db_row_int(row, UPLOAD_OLD_WORKSPACE_ID),
        .expires_us = db_row_int(row, UPLOAD_OLD_EXPIRES_US),
        .pending = { .key = arena_str(ctx->arena, db_row_str(row, UPLOAD_OLD_OBJECT_KEY)),
                     .store_upload_id = arena_str(ctx->arena, db_row_str(row, UPLOAD_OLD_STORE_UPLOAD_ID)),
                     .due_us = ctx->now_us },
    };
    return arena_check(ctx->arena);
}

/* Its addresses are good until it expires: what is written by then goes too. */
static enum err old_upload_doom(struct ctx *ctx, struct old_upload *old)
{
    TRY(object_deletion_queue(ctx, &old->pending));
    if (old->expires_us <= ctx->now_us)
        return ERR_OK;
    old->pending.due_us = old->expires_us;
    return object_deletion_queue(ctx, &old->pending);
}

static enum err old_uploads_remove(struct ctx *ctx, void *arg)
{
    struct old_uploads *uploads = arg;

    uploads->count = 0;
    TRY(db_each(ctx, uploads->find, uploads->args, old_upload_read, uploads));
    for (size_t i = 0; i < uploads->count; i++) {
        struct old_upload *old = &uploads->items[i];
        int64_t gone = 0;
        TRY(db_exec(ctx, SQL_UPLOAD_DELETE_UNCLAIMED,
                    DB_ARGS(DB_INT(old->id), DB_INT(old->workspace_id), DB_INT(uploads->dead_claim_us)), &gone));
        if (gone > 0)
            TRY(old_upload_doom(ctx, old));
    }
    return ERR_OK;
}

enum err expire_uploads(struct ctx *ctx, int64_t *ret_count)
{
    int64_t dead_claim_us = ctx->now_us - UPLOAD_CLAIM_MAX_S * US_PER_S;
    struct old_uploads uploads = {
        .find = SQL_UPLOADS_EXPIRED,
        .args = DB_ARGS(DB_INT(ctx->now_us), DB_INT(dead_claim_us), DB_INT(OBJECT_BATCH_MAX)),
        .dead_claim_us = dead_claim_us,
    };

    TRY(db_run(ctx, old_uploads_remove, &uploads));
    *ret_count = (int64_t)uploads.count;
    return ERR_OK;
}

/* A completion under way finds its row gone and undoes itself. */
static enum err uploads_remove(struct ctx *ctx, enum sql find, int64_t whose, int64_t *ret_count)
{
    struct old_uploads uploads = {
        .find = find,
        .args = DB_ARGS(DB_INT(whose), DB_INT(OBJECT_BATCH_MAX)),
        .dead_claim_us = INT64_MAX,
    };

    TRY(db_run(ctx, old_uploads_remove, &uploads));
    *ret_count = (int64_t)uploads.count;
    return ERR_OK;
}

enum err expire_uploads_of_workspace(struct ctx *ctx, int64_t workspace_id, int64_t *ret_count)
{
    return uploads_remove(ctx, SQL_UPLOADS_OF_WORKSPACE, workspace_id, ret_count);
}

enum err expire_uploads_of_user(struct ctx *ctx, int64_t user_id, int64_t *ret_count)
{
    return uploads_remove(ctx, SQL_UPLOADS_OF_USER, user_id, ret_count);
}

/* ---- files without a message ---- */

struct unbound {
    int64_t count;
};

static enum err unbound_remove(struct ctx *ctx, void *arg)
{
    struct unbound *unbound = arg;
    struct attachment_removal removal;

    TRY(attachment_remove_found(
        ctx, SQL_ATTACHMENTS_UNBOUND_OLD,
        DB_ARGS(DB_INT(ctx->now_us - ATTACHMENT_UNBOUND_HOURS * US_PER_HOUR), DB_INT(OBJECT_BATCH_MAX)), &removal));
    unbound->count = removal.row_count;
    return ERR_OK;
}

enum err expire_unbound(struct ctx *ctx, int64_t *ret_count)
{
    struct unbound unbound = { .count = 0 };

    TRY(db_run(ctx, unbound_remove, &unbound));
    *ret_count = unbound.count;
    return ERR_OK;
}

/* ---- rows ---- */

enum err expire_rows(struct ctx *ctx, int64_t *ret_count)
{
    int64_t sessions = 0, challenges = 0, invitations = 0, keys = 0, resets = 0, addresses = 0, mails = 0;

    TRY(session_expire(ctx, ERASE_BATCH_ROWS, &sessions));
    TRY(challenge_expire(ctx, ERASE_BATCH_ROWS, &challenges));
    TRY(db_exec(ctx, SQL_INVITATIONS_EXPIRE, DB_ARGS(DB_INT(ctx->now_us), DB_INT(ERASE_BATCH_ROWS)), &invitations));
    TRY(idempotency_expire(ctx, ERASE_BATCH_ROWS, &keys));
    TRY(password_reset_expire(ctx, ERASE_BATCH_ROWS, &resets));
    TRY(email_change_expire(ctx, ERASE_BATCH_ROWS, &addresses));
    TRY(mail_queue_expire(ctx, ERASE_BATCH_ROWS, &mails));
    *ret_count = sessions + challenges + invitations + keys + resets + addresses + mails;
    return ERR_OK;
}
