/*
 * The object store: where the bytes of attachments are. A folder or an S3 server, behind one set of operations. Keys are made
 * by the server (never from what a client sent): [a-z0-9_/.-], at most 200 bytes.
 *
 * Errors: ERR_STORAGE (cannot be reached, refused us, disk full: detail in the problem of ctx), ERR_NOT_FOUND, ERR_NO_MEMORY.
 * All functions: any thread; each may block for the time limits of egress; never call one while holding a database lease.
 */
#ifndef PARLEY_OBJECTS_STORE_H
#define PARLEY_OBJECTS_STORE_H

#include <stdint.h>

#include "parley/core/arena.h"
#include "parley/core/buf.h"
#include "parley/core/config.h"
#include "parley/core/err.h"
#include "parley/core/str.h"

struct store;
struct keys;

/* Opens the store that the configuration names; makes the folder, or the bucket where it is missing. keys: for signed local URLs. */
enum err store_open(const struct config *config, struct keys *keys, struct buf *ret_fault, struct store **ret_store) MUST_CHECK;
void store_close(struct store *store);
/* "folder" or "s3". */
const char *store_kind(const struct store *store);
/* Talks to the store with a time limit of 2 s. */
enum err store_ping(struct store *store) MUST_CHECK;

/* Gives the next bytes of an upload: *ret_len 0 at the end; an error of its own ends the upload and is returned by it. */
typedef enum err (*store_source_fn)(void *arg, void *bytes, size_t room_bytes, size_t *ret_len);
/* Takes bytes of a download; an error of its own ends it. */
typedef enum err (*store_sink_fn)(void *arg, const void *bytes, size_t len);

struct store_put_opts {
    struct str key;
    struct str content_type;
    int64_t size_bytes; /* known length, or -1: up to max_bytes (S3: in parts of constant memory) */
    int64_t max_bytes;  /* a longer source is ERR_TOO_LARGE and leaves nothing behind */
    store_source_fn source;
    void *arg;
};
/* Stores an object; it is there whole and durable, or not at all. *ret_size and ret_sha256 of what was stored. */
enum err store_put(struct store *store, struct arena *a, const struct store_put_opts *opts, int64_t *ret_size, uint8_t ret_sha256[32]) MUST_CHECK;

struct store_info {
    int64_t size_bytes;
    bool has_sha256;      /* the store knows the whole object's SHA-256 */
    uint8_t sha256[32];
};
/* Size, and the digest where the store has it. ERR_NOT_FOUND. */
enum err store_stat(struct store *store, struct arena *a, struct str key, struct store_info *ret_info) MUST_CHECK;
/* Reads `length` bytes (-1: all) from `offset` on into the sink. */
enum err store_get(struct store *store, struct arena *a, struct str key, int64_t offset, int64_t length, store_sink_fn sink, void *arg) MUST_CHECK;
/* Deletes; a missing object is ERR_OK. */
enum err store_delete(struct store *store, struct arena *a, struct str key) MUST_CHECK;

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
enum err store_presign_get(struct store *store, struct arena *a, const struct store_download_opts *opts, struct str *ret_url) MUST_CHECK;
/* The folder's X-Accel-Redirect value for a key ("/_objects/…"), or absent where downloads are redirects (S3). */
struct str store_accel_path(struct store *store, struct arena *a, struct str key);

/* A direct upload by the client. */
struct store_header {
    struct str name, value;
};
struct store_presign_put_opts {
    struct str key;
    struct str content_type;
    int64_t size_bytes;        /* in the signature: the store refuses other lengths */
    const uint8_t *sha256;     /* 32 bytes or NULL; in the signature where given */
    int expires_s;
    int64_t now_us;
};
/* ret_url and the headers (at most 4) that the client must send with its PUT. */
enum { STORE_HEADERS_MAX = 4 };
enum err store_presign_put(struct store *store, struct arena *a, const struct store_presign_put_opts *opts, struct str *ret_url, struct store_header ret_headers[STORE_HEADERS_MAX], size_t *ret_header_count) MUST_CHECK;

/* Multipart direct uploads. upload_id: the store's own, in the arena. Part numbers from 1. */
struct store_part {
    int number;
    int64_t size_bytes;
    struct str etag; /* with quotes where the store has them */
};
enum err store_multipart_begin(struct store *store, struct arena *a, struct str key, struct str content_type, struct str *ret_upload_id) MUST_CHECK;
struct store_part_opts {
    struct str key;
    struct str upload_id;
    int number;
    int64_t size_bytes; /* of this part; in the signature */
    int expires_s;
    int64_t now_us;
};
enum err store_multipart_presign(struct store *store, struct arena *a, const struct store_part_opts *opts, struct str *ret_url) MUST_CHECK;
/* The parts that are there, by number, in the arena. ERR_NOT_FOUND when the store knows no such upload (finished or given up). */
enum err store_multipart_list(struct store *store, struct arena *a, struct str key, struct str upload_id, struct store_part **ret_parts, size_t *ret_count) MUST_CHECK;
enum err store_multipart_complete(struct store *store, struct arena *a, struct str key, struct str upload_id, const struct store_part *parts, size_t count) MUST_CHECK;
/* Gives up and frees what was stored; an unknown one is ERR_OK. */
enum err store_multipart_abort(struct store *store, struct arena *a, struct str key, struct str upload_id) MUST_CHECK;

/* Folder store only: the server's side of its presigned addresses (PUT and GET /objects/…). ERR_FORBIDDEN: bad, expired or foreign signature. */
struct store_local_request {
    enum { STORE_LOCAL_GET, STORE_LOCAL_PUT } action;
    struct str path;      /* behind "/objects/", not decoded */
    struct str query;     /* as sent */
    int64_t content_length;
    int64_t now_us;
};
struct store_local_grant {
    struct str key;
    struct str content_type, disposition; /* for downloads: header values */
    struct str upload_id; /* absent, or the multipart upload this part belongs to */
    int part_number;
    const uint8_t *sha256; /* promised digest or NULL */
    int64_t size_bytes;
};
enum err store_local_verify(struct store *store, struct arena *a, const struct store_local_request *request, struct store_local_grant *ret_grant) MUST_CHECK;
/* Takes the bytes of a granted PUT. ERR_UPLOAD_MISMATCH: length or digest differ, nothing is kept. *ret_etag in the arena. */
enum err store_local_receive(struct store *store, struct arena *a, const struct store_local_grant *grant, store_source_fn source, void *arg, struct str *ret_etag) MUST_CHECK;

#endif
