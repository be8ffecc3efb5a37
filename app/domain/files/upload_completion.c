#include "parley/domain/files/upload_completion.h"

#include <string.h>

#include "parley/core/clock.h"
#include "parley/db/db.h"
#include "parley/objects/filetype.h"
#include "parley/objects/store.h"

struct completing {
    const struct upload_completion *completion;
    struct upload upload;
    int64_t claimed_us; /* marks the claim as ours */
    struct str content_type;
    struct store_info info;
    struct pending_deletions pending;
    struct attachment attachment;
};

/* ---- the claim ---- */

static enum err claim(struct ctx *ctx, struct completing *completing)
{
    const struct upload *upload = &completing->upload;
    int64_t now_us = clock_now_us();
    int64_t count = 0;

    TRY(db_exec(ctx, SQL_UPLOAD_CLAIM,
                DB_ARGS(DB_INT(now_us), DB_INT(upload->id), DB_INT(upload->workspace_id), DB_INT(now_us),
                        DB_INT(now_us - UPLOAD_CLAIM_MAX_S * US_PER_S)),
                &count));
    if (count == 0)
        return failf(ctx, ERR_CONFLICT, "The upload is being completed");
    completing->claimed_us = now_us;
    return ERR_OK;
}

/* May be tried again. When even this fails the claim runs out by itself. */
static void release(struct ctx *ctx, const struct completing *completing)
{
    const struct upload *upload = &completing->upload;
    struct problem kept = *ctx->problem;
    enum err e = db_exec(ctx, SQL_UPLOAD_RELEASE,
                         DB_ARGS(DB_INT(upload->id), DB_INT(upload->workspace_id), DB_INT(completing->claimed_us)),
                         NULL);

    if (e != ERR_OK)
        *ctx->problem = kept;
}

static enum err claimed_row_delete(struct ctx *ctx, const struct completing *completing)
{
    const struct upload *upload = &completing->upload;
    int64_t count = 0;

    TRY(db_exec(ctx, SQL_UPLOAD_DELETE_CLAIMED,
                DB_ARGS(DB_INT(upload->id), DB_INT(upload->workspace_id), DB_INT(completing->claimed_us)), &count));
    return count > 0 ? ERR_OK : fail(ctx, ERR_UPLOAD_NOT_FOUND);
}

static enum err discard_in_transaction(struct ctx *ctx, void *arg)
{
    struct completing *completing = arg;

    completing->pending.count = 0;
    TRY(claimed_row_delete(ctx, completing));
    return upload_queue_deletion(ctx, &completing->upload, &completing->pending);
}

/* What arrived is not what may stay. The client is told why in any case; when the database fails, the upload expires. */
static void discard(struct ctx *ctx, struct completing *completing)
{
    struct problem kept = *ctx->problem;

    if (db_run(ctx, discard_in_transaction, completing) == ERR_OK)
        object_deletion_run(ctx, &completing->pending);
    *ctx->problem = kept;
}

/* ---- the parts ---- */

static struct str without_quotes(struct str etag)
{
    if (etag.len >= 2 && etag.ptr[0] == '"' && etag.ptr[etag.len - 1] == '"')
        return (struct str){ etag.ptr + 1, etag.len - 2 };
    return etag;
}

static enum err etags_check(struct ctx *ctx, const struct upload_completion *completion, const struct store_part *parts,
                            size_t count)
{
    for (size_t i = 0; i < completion->etag_count; i++) {
        const struct upload_etag *named = &completion->etags[i];
        if (named->number < 1 || named->number > (int64_t)count)
            return fail(ctx, ERR_UPLOAD_INCOMPLETE);
        if (!str_eq(without_quotes(named->etag), without_quotes(parts[named->number - 1].etag)))
            return failf(ctx, ERR_UPLOAD_INCOMPLETE, "A part is not the one that was named");
    }
    return ERR_OK;
}

static enum err parts_check(struct ctx *ctx, const struct upload *upload, const struct store_part *parts, size_t count)
{
    if ((int64_t)count != upload_part_count(upload))
        return fail(ctx, ERR_UPLOAD_INCOMPLETE);
    for (size_t i = 0; i < count; i++) {
        if (parts[i].number != (int)i + 1 || parts[i].size_bytes != upload_part_size(upload, (int64_t)i + 1))
            return fail(ctx, ERR_UPLOAD_INCOMPLETE);
    }
    return ERR_OK;
}

/* Where an earlier completion died after this step, the store knows the upload no more and the object is there. */
static enum err parts_join(struct ctx *ctx, const struct completing *completing)
{
    const struct upload *upload = &completing->upload;
    struct store *store = ctx->app->store;
    struct store_part *parts = NULL;
    size_t count = 0;
    enum err e;

    if (upload->part_size_bytes == 0)
        return ERR_OK;
    if (upload->store_upload_id.ptr == NULL)
        return fail(ctx, ERR_UPLOAD_INCOMPLETE);
    e = store_multipart_list(store, ctx->arena, upload->object_key, upload->store_upload_id, &parts, &count);
    if (e == ERR_NOT_FOUND)
        return ERR_OK;
    TRY(e);
    TRY(parts_check(ctx, upload, parts, count));
    TRY(etags_check(ctx, completing->completion, parts, count));
    e = store_multipart_complete(store, ctx->arena, upload->object_key, upload->store_upload_id, parts, count);
    return e == ERR_NOT_FOUND ? ERR_OK : e;
}

/* ---- size, digest and type ---- */

enum { PIECE_BYTES = FILETYPE_HEAD_BYTES > FILETYPE_FAR_BYTES ? FILETYPE_HEAD_BYTES : FILETYPE_FAR_BYTES };
struct piece {
    char bytes[PIECE_BYTES];
    size_t len;
};

static enum err piece_take(void *arg, const void *bytes, size_t len)
{
    struct piece *piece = arg;

    if (len > sizeof(piece->bytes) - piece->len)
        len = sizeof(piece->bytes) - piece->len;
    memcpy(piece->bytes + piece->len, bytes, len);
    piece->len += len;
    return ERR_OK;
}

/* So many of the object's bytes from there on, fewer at its end. In the arena. */
static enum err piece_get(struct ctx *ctx, const struct upload *upload, int64_t offset, int64_t wanted,
                          struct str *ret_bytes)
{
    struct piece *piece = arena_alloc(ctx->arena, sizeof(*piece));

    if (piece == NULL)
        return fail(ctx, ERR_NO_MEMORY);
    piece->len = 0;
    if (wanted > upload->size_bytes - offset)
        wanted = upload->size_bytes - offset;
    if (wanted > 0)
        TRY(store_get(ctx->app->store, ctx->arena, upload->object_key, offset, wanted, piece_take, piece));
    *ret_bytes = (struct str){ piece->bytes, piece->len };
    return ERR_OK;
}

static enum err text_take(void *arg, const void *bytes, size_t len)
{
    utf8_stream_add(arg, bytes, len);
    return ERR_OK;
}

/* Text that is long is rarely read in a browser, and reading it here would take long. */
static enum err charset_find(struct ctx *ctx, struct completing *completing)
{
    const struct upload *upload = &completing->upload;
    struct utf8_stream text = { .pending_len = 0 };

    if (!str_eq_c(completing->content_type, "text/plain") || upload->size_bytes > TEXT_CHARSET_MAX_BYTES)
        return ERR_OK;
    if (upload->size_bytes > 0)
        TRY(store_get(ctx->app->store, ctx->arena, upload->object_key, 0, -1, text_take, &text));
    completing->content_type = filetype_with_charset(completing->content_type, &text);
    return ERR_OK;
}

static enum err type_check(struct ctx *ctx, struct completing *completing)
{
    const struct upload *upload = &completing->upload;
    const struct str allowed = str_from(ctx->config->allowed_file_types);
    struct str head = STR(""), far = STR("");
    enum err e;

    TRY(piece_get(ctx, upload, 0, FILETYPE_HEAD_BYTES, &head));
    e = filetype_check(upload->filename, head, allowed, &completing->content_type);
    if (e == ERR_FILE_CONTENT && filetype_far_offset(upload->filename, head) > 0) {
        TRY(piece_get(ctx, upload, filetype_far_offset(upload->filename, head), FILETYPE_FAR_BYTES, &far));
        TRY(filetype_check_far(far));
        e = filetype_check_name(upload->filename, allowed, &completing->content_type);
    }
    return e == ERR_OK ? charset_find(ctx, completing) : e;
}

static enum err object_check(struct ctx *ctx, struct completing *completing)
{
    const struct upload *upload = &completing->upload;
    enum err e = store_stat(ctx->app->store, ctx->arena, upload->object_key, &completing->info);

    if (e == ERR_NOT_FOUND)
        return fail(ctx, ERR_UPLOAD_INCOMPLETE);
    TRY(e);
    if (completing->info.size_bytes != upload->size_bytes)
        return fail(ctx, ERR_UPLOAD_MISMATCH);
    if (upload->has_sha256 && completing->info.has_sha256 &&
        memcmp(upload->sha256, completing->info.sha256, SHA256_BYTES) != 0)
        return fail(ctx, ERR_UPLOAD_MISMATCH);
    return type_check(ctx, completing);
}

/* ---- the attachment ---- */

static enum err finish_in_transaction(struct ctx *ctx, void *arg)
{
    struct completing *completing = arg;
    const struct upload *upload = &completing->upload;
    const struct attachment_row row = {
        .binding = { .workspace_id = upload->workspace_id, .user_id = upload->user_id },
        .uuid = upload->uuid,
        .key = upload->object_key,
        .filename = upload->filename,
        .content_type = completing->content_type,
        .size_bytes = upload->size_bytes,
        .picture = upload->picture,
        .sha256 = completing->info.has_sha256 ? completing->info.sha256 : NULL,
        .promised_sha256 = upload->has_sha256 ? upload->sha256 : NULL,
    };

    TRY(member_require(ctx, completing->completion->workspace, upload->user_id, MEMBER_ROLE_MEMBER));
    TRY(claimed_row_delete(ctx, completing));
    return attachment_insert(ctx, &row, &completing->attachment);
}

/* The row was taken away meanwhile, with its bytes as far as they were there; what has come of them since goes too. */
static void doom_joined(struct ctx *ctx, const struct completing *completing)
{
    struct problem kept = *ctx->problem;
    const struct pending_deletion pending = { .key = completing->upload.object_key, .due_us = ctx->now_us };

    if (object_deletion_queue(ctx, &pending) != ERR_OK)
        *ctx->problem = kept;
}

static enum err complete_claimed(struct ctx *ctx, struct completing *completing)
{
    TRY(parts_join(ctx, completing));
    TRY(object_check(ctx, completing));
    return db_run(ctx, finish_in_transaction, completing);
}

enum err upload_complete(struct ctx *ctx, const struct upload_completion *completion, struct attachment *ret_attachment)
{
    struct completing completing = { .completion = completion };
    enum err e;

    TRY(upload_get(ctx, completion->workspace->workspace_id, completion->principal->user_id, &completion->upload,
                   &completing.upload));
    TRY(claim(ctx, &completing));
    e = complete_claimed(ctx, &completing);
    if (e == ERR_OK) {
        *ret_attachment = completing.attachment;
        return ERR_OK;
    }
    e = fail(ctx, e);
    if (e == ERR_UPLOAD_MISMATCH || e == ERR_FILE_TYPE || e == ERR_FILE_CONTENT)
        discard(ctx, &completing);
    else if (e == ERR_UPLOAD_NOT_FOUND)
        doom_joined(ctx, &completing);
    else if (e != ERR_COMMIT_UNKNOWN)
        release(ctx, &completing);
    return e;
}
