/*
 * The object store: where the bytes of attachments are. A folder or an S3 server, behind one set of operations. Keys are made
 * by the server (never from what a client sent): [a-z0-9_/.-], at most 200 bytes.
 *
 * Errors: ERR_STORAGE (cannot be reached, refused us, an S3 server's disk is full: store_fault says why), ERR_DISK_FULL (of
 * the folder), ERR_NOT_FOUND, ERR_NO_MEMORY.
 * All functions: any thread; each may block for the time limits of egress; never call one while a database connection is checked out.
 */
#ifndef PARLEY_OBJECTS_STORE_H
#define PARLEY_OBJECTS_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "parley/core/arena.h"
#include "parley/core/buf.h"
#include "parley/core/config.h"
#include "parley/core/err.h"
#include "parley/core/str.h"

struct store;
struct keys;

/*
 * Opens the store that the configuration names, and makes the folder, or the bucket where it is missing. What it needs of the
 * configuration is copied. keys: for signed local URLs, borrowed until store_close. egress_init has been called.
 * ERR_OK; ERR_STORAGE with one line in ret_error_text that says what is wrong and what to do (the folder cannot be written, the S3
 * server refuses the key or the bucket, an address that makes no sense); ERR_NO_MEMORY. An S3 server that cannot be reached is
 * no reason not to start: ERR_OK, with a line in ret_error_text for the log; the bucket is then looked after at the first use.
 */
enum err store_open(const struct config *config, struct keys *keys, struct buf *ret_error_text,
                    struct store **ret_store) MUST_CHECK;
/*
 * For an operator who asks: whether the store that the configuration names can be used, with its own key. Nothing is made.
 * ERR_OK; ERR_STORAGE with one line in ret_error_text; ERR_NO_MEMORY. Blocks up to STORE_PING_MAX_MS.
 */
enum err store_check(const struct config *config, struct buf *ret_error_text) MUST_CHECK;
/*
 * For an operator who asks: whether a page of that origin may send files to the addresses that clients get, and fetch them
 * there, which its browser asks the store (Fetch standard, CORS protocol). The folder's addresses are this server's own.
 * ERR_OK with *ret_allowed; ERR_UNAVAILABLE: nobody answered; ERR_STORAGE: settings that make no sense; ERR_NO_MEMORY.
 * Blocks up to four times STORE_PING_MAX_MS.
 */
enum err store_check_origin(const struct config *config, struct str origin, bool *ret_allowed) MUST_CHECK;
/* No call may be under way. NULL is fine. */
void store_close(struct store *store);
/* "folder" or "s3". */
const char *store_kind(const struct store *store);
/* Talks to the store with a time limit of STORE_PING_MAX_MS. */
enum err store_ping(struct store *store) MUST_CHECK;
/* Appends what went wrong when a call last returned ERR_STORAGE, for the log and the operator: one line without names of hosts
   and keys; nothing when all went well so far. The log gets it by itself,
   the same line once a minute at most. */
void store_fault(struct store *store, struct buf *ret_error_text);

/* What became of the calls of one operation, since the start. */
struct store_stats {
    const char *operation; /* "put", "get" …; static */
    int64_t call_count;
    int64_t failed_count; /* ERR_STORAGE, ERR_DISK_FULL */
    int64_t took_us;      /* all together, with the client's own time where it sends or reads meanwhile */
};
/* The index-th operation; false: there are no more. */
bool store_stats(struct store *store, size_t index, struct store_stats *ret_stats);

/* Gives the next bytes of an upload: *ret_len 0 at the end; an error of its own ends the upload and is returned by it. */
typedef enum err (*store_source_fn)(void *arg, void *bytes, size_t room_bytes, size_t *ret_len);
/* Takes bytes of a download; an error of its own ends it. */
typedef enum err (*store_sink_fn)(void *arg, const void *bytes, size_t len);

struct store_put_opts {
    struct str key;
    struct str content_type;
    int64_t size_bytes; /* known length (a source of another is ERR_UPLOAD_MISMATCH), or -1: up to max_bytes */
    int64_t max_bytes;  /* a longer source is ERR_TOO_LARGE and leaves nothing behind */
    store_source_fn source;
    void *arg;
};
/*
 * Stores an object; it is there whole and durable, or not at all (S3: what is larger than STORE_PUT_PART_BYTES goes in parts,
 * two of which are in memory at a time). The source is called on this thread; the arena may be used by it meanwhile.
 * *ret_size and ret_sha256 of what was stored.
 */
enum err store_put(struct store *store, struct arena *a, const struct store_put_opts *opts, int64_t *ret_size,
                   uint8_t ret_sha256[32]) MUST_CHECK;

struct store_info {
    int64_t size_bytes;
    bool has_sha256; /* the store knows the whole object's SHA-256 */
    uint8_t sha256[32];
};
/* Size, and the digest where the store has it. ERR_NOT_FOUND. */
enum err store_stat(struct store *store, struct arena *a, struct str key, struct store_info *ret_info) MUST_CHECK;
/* Reads `length` bytes (-1: all) from `offset` on into the sink. */
enum err store_get(struct store *store, struct arena *a, struct str key, int64_t offset, int64_t length,
                   store_sink_fn sink, void *arg) MUST_CHECK;
/* Deletes; a missing object is ERR_OK. */
enum err store_delete(struct store *store, struct arena *a, struct str key) MUST_CHECK;

/*
 * fn for each object that Parley has made and that is there from the beginning to the end of the call, in no order; those that
 * come or go meanwhile may be among them. Its error ends the walk and is returned; it may call the store. key: borrowed.
 */
typedef enum err (*store_object_fn)(void *arg, struct str key, int64_t size_bytes);
enum err store_each(struct store *store, store_object_fn fn, void *arg) MUST_CHECK;

/* How a client fetches an object: a presigned address, or, for the folder, what nginx does with it. All in the arena. */
struct store_download_opts {
    struct str key;
    struct str filename;     /* for Content-Disposition */
    struct str content_type; /* shown; HTML, SVG and XML types have been replaced by the caller */
    const char *disposition; /* "inline" or "attachment" */
    int expires_s;
    int64_t now_us;
};
/* An absolute address (S3) or one below PUBLIC_URL (folder: /objects/…), valid for expires_s. */
enum err store_presign_get(struct store *store, struct arena *a, const struct store_download_opts *opts,
                           struct str *ret_url) MUST_CHECK;
/* The folder's X-Accel-Redirect value for a key ("/_objects/…"), or absent where downloads are redirects (S3). */
struct str store_accel_path(struct store *store, struct arena *a, struct str key);

/* A direct upload by the client. */
struct store_header {
    struct str name, value;
};
struct store_presign_put_opts {
    struct str key;
    struct str content_type;
    int64_t size_bytes;    /* in the signature: the store refuses other lengths */
    const uint8_t *sha256; /* 32 bytes or NULL; in the signature where given */
    int expires_s;
    int64_t now_us;
};
/* ret_url and the headers that the client must send with its PUT, besides Content-Length, which every client sets by itself. */
enum { STORE_HEADERS_MAX = 4 };
enum err store_presign_put(struct store *store, struct arena *a, const struct store_presign_put_opts *opts,
                           struct str *ret_url, struct store_header ret_headers[STORE_HEADERS_MAX],
                           size_t *ret_header_count) MUST_CHECK;

/* Multipart direct uploads. upload_id: the store's own, in the arena. Part numbers from 1. */
struct store_part {
    int number;
    int64_t size_bytes;
    struct str etag; /* with quotes where the store has them */
};
enum err store_multipart_begin(struct store *store, struct arena *a, struct str key, struct str content_type,
                               struct str *ret_upload_id) MUST_CHECK;
struct store_part_opts {
    struct str key;
    struct str upload_id;
    int number;
    int64_t size_bytes; /* of this part; in the signature */
    int expires_s;
    int64_t now_us;
};
enum err store_multipart_presign(struct store *store, struct arena *a, const struct store_part_opts *opts,
                                 struct str *ret_url) MUST_CHECK;
/* The parts that are there, ascending by number, in the arena. ERR_NOT_FOUND when the store knows no such upload (finished or given up). */
enum err store_multipart_list(struct store *store, struct arena *a, struct str key, struct str upload_id,
                              struct store_part **ret_parts, size_t *ret_count) MUST_CHECK;
/*
 * Makes the object of the named parts; number and etag are looked at, sizes are not. ERR_UPLOAD_INCOMPLETE when a part is not
 * there, not in order, of another etag or (S3, all but the last) under 5 MiB; ERR_NOT_FOUND as above.
 */
enum err store_multipart_complete(struct store *store, struct arena *a, struct str key, struct str upload_id,
                                  const struct store_part *parts, size_t part_count) MUST_CHECK;
/* Gives up and frees what was stored; an unknown one is ERR_OK. */
enum err store_multipart_abort(struct store *store, struct arena *a, struct str key, struct str upload_id) MUST_CHECK;

/*
 * Removes what unfinished work has left: temporary files older than older_than_us (wall clock), and direct uploads in parts that
 * nobody has touched for STORE_UPLOAD_KEPT_DAYS before that either. For a job, now and then. MinIO lists no uploads by prefix
 * and removes stale ones itself after 24 hours.
 */
enum err store_sweep(struct store *store, struct arena *a, int64_t older_than_us, int64_t *ret_count) MUST_CHECK;

/*
 * Folder store only: the server's side of its presigned addresses (PUT and GET /objects/…). ERR_FORBIDDEN: bad, expired or
 * foreign signature, or a Content-Length other than the signed one (S3 answers that with 403 as well). ERR_NOT_FOUND on S3.
 */
struct store_local_request {
    enum { STORE_LOCAL_GET, STORE_LOCAL_PUT } action;
    struct str path;  /* behind "/objects/", not decoded */
    struct str query; /* as sent */
    int64_t content_length;
    int64_t now_us;
};
struct store_local_grant {
    struct str key;
    struct str content_type, disposition; /* for downloads: header values */
    struct str upload_id;                 /* absent, or the multipart upload this part belongs to */
    int part_number;
    const uint8_t *sha256; /* promised digest or NULL; in the arena */
    int64_t size_bytes;    /* of a PUT, as signed */
    int64_t expires_us;    /* of the address */
};
enum err store_local_verify(struct store *store, struct arena *a, const struct store_local_request *request,
                            struct store_local_grant *ret_grant) MUST_CHECK;
/* Takes the bytes of a granted PUT. ERR_UPLOAD_MISMATCH: length or digest differ, nothing is kept. ERR_NOT_FOUND: the upload that
   this part belongs to was finished or given up. *ret_etag in the arena, with quotes. */
enum err store_local_receive(struct store *store, struct arena *a, const struct store_local_grant *grant,
                             store_source_fn source, void *arg, struct str *ret_etag) MUST_CHECK;

#endif
