/*
 * Files that come in with a request: put into the store first, given their rows by the transaction that makes their
 * message. In between they are pending (object_deletion.h), so that a crash leaves no orphan.
 *
 * Texts are in the request arena. Any thread, one ctx each.
 */
#ifndef PARLEY_DOMAIN_INCOMING_FILE_H
#define PARLEY_DOMAIN_INCOMING_FILE_H

#include <stdint.h>

#include "parley/auth/digest.h"
#include "parley/core/ctx.h"
#include "parley/core/ids.h"
#include "parley/core/limits.h"
#include "parley/core/list.h"
#include "parley/domain/files/attachment.h"
#include "parley/domain/files/object_deletion.h"
#include "parley/domain/workspaces/member.h"
#include "parley/objects/store.h"

struct incoming_file {
    struct uuid uuid;
    struct str key, filename, content_type;
    int64_t size_bytes;
    struct picture_size picture;
    uint8_t sha256[SHA256_BYTES];
};

/* Begin with zeroes. */
struct incoming_files {
    size_t count;
    int64_t size_bytes; /* of all together */
    struct incoming_file items[FILES_PER_MESSAGE_MAX];
    struct pending_deletions pending;
};

struct incoming_file_opts {
    const struct membership *workspace;
    struct str filename; /* as the client sent it */
    store_source_fn source;
    void *source_arg;
};
/*
 * Checks name and type, then moves the bytes from the source into the store, in constant memory. When it fails nothing
 * of this file is left; incoming_files_drop removes the ones before. No transaction may be open.
 * ERR_INVALID (FILES_PER_MESSAGE_MAX), ERR_FILE_NAME, ERR_FILE_TYPE, ERR_FILE_CONTENT, ERR_TOO_LARGE (MAX_UPLOAD_SIZE, all files together),
 * ERR_STORAGE, whatever the source returns, and errors of the database.
 */
enum err incoming_files_put(struct ctx *ctx, struct incoming_files *files,
                            const struct incoming_file_opts *opts) MUST_CHECK;
/* Deletes what incoming_files_put stored, when no message came of it. After ERR_COMMIT_UNKNOWN leave it to the job instead. */
void incoming_files_drop(struct ctx *ctx, struct incoming_files *files);
/*
 * In the transaction that makes the message: gives the files their rows; fills attachments[files->count].
 * ERR_STORAGE: the request took so long that the job has deleted one of them.
 */
enum err incoming_files_bind(struct ctx *ctx, const struct binding *binding, const struct incoming_files *files,
                             struct attachment *ret_attachments) MUST_CHECK;

#endif
