/*
 * Direct uploads: the client's bytes go straight to the store by presigned addresses; then the upload is completed, its
 * size and true type are checked, and it becomes an unbound attachment of its uploader.
 *
 * With a promised SHA-256, up to SINGLE_PUT_MAX_BYTES go by one PUT whose signature holds size and digest. Everything
 * else is a multipart upload of the store, in one part or many: its addresses are worth nothing once it has been
 * completed, so what was checked cannot be exchanged afterwards.
 *
 * Texts are in the request arena. Any thread, one ctx each; errors of the database and the store besides those named.
 */
#ifndef PARLEY_DOMAIN_UPLOAD_H
#define PARLEY_DOMAIN_UPLOAD_H

#include <stdbool.h>
#include <stdint.h>

#include "parley/auth/digest.h"
#include "parley/core/ctx.h"
#include "parley/core/ids.h"
#include "parley/core/list.h"
#include "parley/domain/files/attachment.h"
#include "parley/domain/record/idempotency.h"
#include "parley/domain/record/principal.h"
#include "parley/domain/workspaces/member.h"

struct upload {
    int64_t id; /* integer key */
    struct uuid uuid;
    int64_t workspace_id;
    int64_t user_id;
    struct str object_key;
    struct str store_upload_id; /* absent: single PUT, or not begun yet */
    int64_t part_size_bytes;    /* 0: single PUT with a digest */
    struct str filename, content_type;
    int64_t size_bytes;
    struct picture_size picture;
    bool has_sha256;
    uint8_t sha256[SHA256_BYTES]; /* promised */
    int64_t created_us, expires_us;
};

struct upload_draft {
    const struct membership *workspace;
    const struct principal *principal;
    struct str filename;
    int64_t size_bytes;
    struct picture_size picture;
    struct str sha256_hex; /* absent: not promised */
    const struct idempotency_claim *claim;
};
/*
 * Begins an upload. ERR_FILE_NAME, ERR_FILE_TYPE (by name), ERR_TOO_LARGE (MAX_DIRECT_UPLOAD_SIZE), ERR_INVALID
 * (sha256), ERR_LIMIT (UPLOADS_PENDING_PER_USER_MAX), ERR_IDEMPOTENCY_BODY.
 */
enum err upload_create(struct ctx *ctx, const struct upload_draft *draft, struct upload *ret_upload) MUST_CHECK;
/* The caller's own, unexpired one of the workspace; ERR_UPLOAD_NOT_FOUND. */
enum err upload_get(struct ctx *ctx, int64_t workspace_id, int64_t user_id, const struct uuid *upload,
                    struct upload *ret_upload) MUST_CHECK;

/* Gives up: row and bytes go. ERR_UPLOAD_NOT_FOUND, ERR_CONFLICT (being completed). */
enum err upload_cancel(struct ctx *ctx, int64_t workspace_id, int64_t user_id, const struct uuid *upload) MUST_CHECK;

/* ERR_FORBIDDEN unless an unexpired upload that is not being completed has this key: the folder store asks before it
   takes bytes. */
enum err upload_key_check(struct ctx *ctx, struct str object_key) MUST_CHECK;

/* ---- for the other files of uploads ---- */

/* How many parts it has, and the size of one of them. */
int64_t upload_part_count(const struct upload *upload);
int64_t upload_part_size(const struct upload *upload, int64_t number);
/* Whether the store takes it by one PUT. */
bool upload_fits_one_put(const struct upload *upload);
/* In a transaction: dooms the bytes; again when the addresses are dead, since until then they may be written again. */
enum err upload_queue_deletion(struct ctx *ctx, const struct upload *upload,
                               struct pending_deletions *batch) MUST_CHECK;

#endif
