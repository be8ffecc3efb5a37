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

#include "parley/core/ctx.h"
#include "parley/core/ids.h"
#include "parley/core/list.h"
#include "parley/db/db.h"
#include "parley/domain/files/object_deletion.h"
#include "parley/domain/record/principal.h"

/* In pixels, as the uploader says: a hint for layout. Zeroes: not said. */
struct picture_size {
    int64_t width, height;
};

struct attachment {
    int64_t id; /* integer key */
    struct uuid uuid;
    struct str filename;
    struct str content_type; /* by its bytes and name, not by what the client said; without parameters */
    struct str served_type;  /* as a download says it: with the charset, where that is known */
    int64_t size_bytes;
    int64_t width, height; /* pixels, as its uploader says; INT64_MIN: not said */
    struct str sha256;     /* hex; absent until the job has read it */
    struct str url;        /* its stable address on this server */
    struct str object_key;
    int64_t message_id;        /* integer key; 0: unbound */
    struct uuid message, chat; /* zero where not asked for, or unbound */
    struct uuid uploader;      /* zero: gone */
    int64_t created_us;
};

/* ---- binding ---- */

struct binding {
    int64_t workspace_id;
    int64_t message_id;
    int64_t user_id;
};
/*
 * In the transaction that makes the message: binds the user's own unbound attachments of the workspace, all or none; each
 * is named once. ERR_ATTACHMENT_NOT_FOUND: one of them is unknown, somebody else's, or bound already.
 */
enum err attachment_bind(struct ctx *ctx, const struct binding *binding, const struct uuid *ids, size_t count,
                         struct list *ret_list) MUST_CHECK;

/*
 * In the transaction that makes the message: a further row over the object of an attachment of the same workspace, bound to the
 * message. The object lives until its last row goes. binding->user_id: whose it is; 0: whoever's the other one is.
 * ERR_NOT_FOUND, with nothing written into the problem: that one has gone.
 */
enum err attachment_share(struct ctx *ctx, const struct binding *binding, int64_t attachment_id) MUST_CHECK;

/* ---- reading ---- */

/*
 * ERR_ATTACHMENT_NOT_FOUND: unknown, or not for this user or key; ERR_SECOND_FACTOR: its workspace asks for one that the user does
 * not have. One statement.
 */
enum err attachment_get(struct ctx *ctx, const struct principal *principal, const struct uuid *attachment,
                        struct attachment *ret_attachment) MUST_CHECK;
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
    struct str disposition; /* value of Content-Disposition, for accel_path */
};
enum download_way { DOWNLOAD_BY_SERVER, DOWNLOAD_BY_URL };
/* way DOWNLOAD_BY_SERVER: accel_path where the store has one; DOWNLOAD_BY_URL: always a url, good for expires_s. */
enum err attachment_download(struct ctx *ctx, const struct attachment *attachment, enum download_way way, int expires_s,
                             struct download *ret_download) MUST_CHECK;

/* ---- going away ---- */

struct attachment_removal {
    int64_t row_count;                /* of the files that went */
    struct pending_deletions pending; /* the objects of which no row is left: no more than rows */
    int64_t byte_count;               /* of these objects */
};
/*
 * In a transaction: deletes the attachments that a statement finds (one of "attachments that go" in attachments.sql) and
 * dooms the objects that have no other row (attachment_share). After the commit: object_deletion_run, or leave it to the job.
 */
enum err attachment_remove_found(struct ctx *ctx, enum sql statement, struct db_args args,
                                 struct attachment_removal *ret_removal) MUST_CHECK;

/* ---- for the other files of attachments ---- */

/* A new key for an object of the workspace: workspace_<uuid>/<YYYYMMDD>_<32 hex>[.<extension of the file name>]. */
enum err attachment_new_key(struct ctx *ctx, const struct uuid *workspace, struct str filename,
                            struct str *ret_key) MUST_CHECK;

/* What goes into a row; message_id 0: unbound. */
struct attachment_row {
    struct binding binding;
    struct uuid uuid;
    struct str key, filename, content_type;
    int64_t size_bytes;
    struct picture_size picture;
    const uint8_t *sha256, *promised_sha256; /* NULL: not known, not promised */
};
/* Inserts it and fills in what the row says. */
enum err attachment_insert(struct ctx *ctx, const struct attachment_row *row,
                           struct attachment *ret_attachment) MUST_CHECK;
/* Takes the first columns of a row, which are those of attachments_of_message. */
enum err attachment_read(struct ctx *ctx, const struct db_row *row, struct attachment *ret_attachment) MUST_CHECK;

#endif
