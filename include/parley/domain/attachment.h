/*
 * Attachments: files of a workspace, each an object in the store and a row, bound to at most one message. Who may read
 * a message's chat may read its files; an unbound one is its uploader's alone.
 *
 * Texts are in the request arena. Functions: any thread, one ctx each; errors of the database and the store besides
 * those that are named.
 */
#ifndef PARLEY_DOMAIN_ATTACHMENT_H
#define PARLEY_DOMAIN_ATTACHMENT_H

#include <stdint.h>

#include "parley/auth/digest.h"
#include "parley/core/ctx.h"
#include "parley/core/ids.h"
#include "parley/core/list.h"
#include "parley/domain/member.h"
#include "parley/domain/object_deletion.h"
#include "parley/objects/store.h"

struct attachment {
    int64_t id; /* integer key */
    struct uuid uuid;
    struct str filename;
    struct str content_type; /* by its bytes and name, not by what the client said */
    int64_t size_bytes;
    struct str sha256; /* hex; absent until the job has read it */
    struct str url;    /* its stable address on this server */
    struct str object_key;
    int64_t message_id;        /* integer key; 0: unbound */
    struct uuid message, chat; /* zero where not asked for, or unbound */
    struct uuid uploader;      /* zero: gone */
    int64_t created_us;
};

/* --- files that come in with a request --- */

struct new_file {
    struct uuid uuid;
    struct str key, filename, content_type;
    int64_t size_bytes;
    uint8_t sha256[SHA256_BYTES];
};

/* In the store, without a row yet; doomed until attachment_bind_new. Begin with zeroes. */
struct new_files {
    size_t count;
    int64_t size_bytes; /* of all together */
    struct new_file items[FILES_PER_MESSAGE_MAX];
    struct doomed_batch doomed;
};

struct new_file_opts {
    const struct membership *workspace;
    struct str filename; /* as the client sent it */
    store_source_fn source;
    void *source_arg;
};
/*
 * Checks name and type, then moves the bytes from the source into the store, in constant memory. Nothing of it is left
 * when this fails. No transaction may be open.
 * ERR_LIMIT (FILES_PER_MESSAGE_MAX), ERR_FILE_NAME, ERR_FILE_TYPE, ERR_TOO_LARGE (MAX_UPLOAD_SIZE, all files together),
 * ERR_STORAGE, and whatever the source returns.
 */
enum err attachment_put(struct ctx *ctx, struct new_files *files, const struct new_file_opts *opts) MUST_CHECK;
/* Deletes what attachment_put stored, when no message came of it. After ERR_COMMIT_UNKNOWN leave it to the job instead. */
void attachment_drop_new(struct ctx *ctx, struct new_files *files);
/* In the transaction that makes the message: gives the files their rows. ret_list: struct attachment. */
struct binding {
    int64_t workspace_id;
    int64_t message_id;
    int64_t user_id;
};
enum err attachment_bind_new(struct ctx *ctx, const struct binding *binding, const struct new_files *files,
                             struct list *ret_list) MUST_CHECK;
/*
 * In the same: binds the user's own unbound attachments of the workspace, all or none.
 * ERR_ATTACHMENT_NOT_FOUND: one of them is unknown, somebody else's, or bound already.
 */
enum err attachment_bind(struct ctx *ctx, const struct binding *binding, const struct uuid *ids, size_t count,
                         struct list *ret_list) MUST_CHECK;

/* --- reading --- */

/* ERR_ATTACHMENT_NOT_FOUND: unknown, or not for this user. One statement. */
enum err attachment_get(struct ctx *ctx, int64_t user_id, const struct uuid *attachment,
                        struct attachment *ret_attachment) MUST_CHECK;
/* The attachments of one message, oldest first. */
enum err attachment_list_of_message(struct ctx *ctx, int64_t workspace_id, int64_t message_id,
                                    struct list *ret_list) MUST_CHECK;

struct attachment_query {
    int64_t workspace_id;
    int64_t user_id;   /* only of chats that this user may read */
    int64_t before_id; /* keyset: integer keys below it; 0: from the newest */
    int64_t limit;
};
/* Bound attachments of a workspace, newest first. One statement. */
enum err attachment_list(struct ctx *ctx, const struct attachment_query *query, struct list *ret_list) MUST_CHECK;

/* How a client gets at the bytes: an address good for a while, or (the folder store) what nginx does with it. */
struct download {
    struct str url;         /* absent where accel_path is there */
    struct str accel_path;  /* absent where downloads are redirects */
    const char *disposition; /* "inline" or "attachment" */
};
enum download_way { DOWNLOAD_BY_SERVER, DOWNLOAD_BY_URL };
/* way DOWNLOAD_BY_SERVER: accel_path where the store has one; DOWNLOAD_BY_URL: always a url, good for expires_s. */
enum err attachment_download(struct ctx *ctx, const struct attachment *attachment, enum download_way way, int expires_s,
                             struct download *ret_download) MUST_CHECK;

/* --- going away --- */

/*
 * In a transaction: deletes a message's attachments and dooms their objects. A message has at most OBJECT_BATCH_MAX.
 * After the commit: object_deletion_run.
 */
enum err attachment_remove_of_message(struct ctx *ctx, int64_t workspace_id, int64_t message_id,
                                      struct doomed_batch *ret_batch) MUST_CHECK;

/* A new key for an object of the workspace: workspace_<uuid>/<YYYYMMDD>_<32 hex>[.<extension of the file name>]. */
enum err attachment_new_key(struct ctx *ctx, const struct uuid *workspace, struct str filename, struct str *ret_key) MUST_CHECK;

#endif
