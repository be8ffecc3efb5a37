/* Inside the objects room: the S3 store, and one signed call to it. */
#ifndef PARLEY_OBJECTS_S3_PRIVATE_H
#define PARLEY_OBJECTS_S3_PRIVATE_H

#include <stdatomic.h>

#include "parley/egress/egress.h"
#include "parley/objects/sigv4.h"
#include "store_private.h"

#define S3_NO_BUCKET "The bucket is not there (MINIO_BUCKET_NAME)"

/* One name under which the server is reached. */
struct s3_endpoint {
    const char *scheme; /* static */
    char *host;         /* with the port, unless it is the scheme's own */
};

struct s3 {
    struct store base;
    struct egress *egress;
    char *access_key, *secret_key, *region, *bucket;
    struct sigv4_key key; /* views of the above */
    int addressing;       /* ADDRESSING_PATH or ADDRESSING_VIRTUAL */
    struct s3_endpoint inner;
    struct s3_endpoint outer; /* as clients see it */
    atomic_bool bucket_seen;
    /*
     * A server that hangs costs whoever meets it first silent_max_s, and nothing is sent to it twice; whoever comes behind, in the
     * same request or another, waits only hung_max_s, until it answers again.
     */
    int silent_max_s, hung_max_s;
    _Atomic int64_t hung_us; /* monotonic: when it was last found to hang; 0: it answers */
};

/* Of the settings alone; nobody is asked yet. As store_open; s3_free takes NULL. */
enum err s3_new(const struct config *config, struct buf *ret_error_text, struct s3 **ret_s3) MUST_CHECK;
void s3_free(struct s3 *s3);

/* Reads "host", "host:port" or "http(s)://host:port/". ERR_OK, ERR_INVALID, ERR_NO_MEMORY. host is the caller's to free. */
enum tls { TLS_OFF, TLS_ON };
enum err s3_endpoint_parse(const char *text, enum tls default_tls, struct s3_endpoint *ret_endpoint) MUST_CHECK;

/* Where a key (absent: the bucket itself) is: the Host header and the path, not encoded. In the arena. */
struct s3_place {
    struct str host, path;
};
enum err s3_place(const struct s3 *s3, struct arena *a, const struct s3_endpoint *endpoint, struct str key,
                  struct s3_place *ret_place) MUST_CHECK;

enum s3_repeat {
    S3_ONCE,       /* asking twice could do it twice */
    S3_REPEATABLE, /* asked a second time when the connection died or the server was busy */
};

struct s3_call {
    const char *method;
    struct str key; /* absent: the bucket itself */
    struct sigv4_pair query[5];
    size_t query_count;
    struct sigv4_pair headers[4]; /* name in lower case; all are signed */
    size_t header_count;
    struct str body;     /* absent: none */
    const char *payload; /* the body's SHA-256 in hex; NULL: it is computed; or SIGV4_UNSIGNED */
    store_sink_fn sink;  /* of a 2xx's body, or NULL */
    void *sink_arg;
    int total_timeout_ms; /* 0: as long as bytes move */
    enum s3_repeat repeat;
};

struct s3_result {
    int status;
    struct str code;                  /* S3's own word for an error; "" where it sent none */
    struct str body;                  /* of a 2xx without a sink */
    struct str etag, checksum_sha256; /* headers; absent where not sent */
    int64_t content_length;
    struct arena *arena;
};

/*
 * Signs and sends; looks after the bucket first, unless the call is about the bucket itself. ERR_OK: a 2xx, with what it
 * said in the arena. ERR_NOT_FOUND: 404 about the key, the upload, or the bucket itself. ERR_CONFLICT: the bucket is there
 * already. ERR_INVALID: a range behind the end. ERR_UPLOAD_INCOMPLETE: S3 misses parts. ERR_STORAGE: everything else, with
 * the reason in store_fault. Or the sink's error, or ERR_NO_MEMORY. *ret_result is filled in whenever an answer came.
 */
enum err s3_run(struct s3 *s3, struct arena *a, const struct s3_call *call, struct s3_result *ret_result) MUST_CHECK;

/* Makes the bucket where it is missing; many at once, in many processes, do no harm. ERR_OK or ERR_STORAGE; *ret_reached is set
   where S3 answered, and not with a fault of its own (5xx). */
enum err s3_bucket_ensure(struct s3 *s3, struct arena *a, int timeout_ms, bool *ret_reached) MUST_CHECK;

/* The operations that have files of their own. */
enum err s3_put(struct store *store, struct arena *a, const struct store_put_opts *opts, int64_t *ret_size,
                uint8_t ret_sha256[32]) MUST_CHECK;
enum err s3_presign_get(struct store *store, struct arena *a, const struct store_download_opts *opts,
                        struct str *ret_url) MUST_CHECK;
enum err s3_presign_put(struct store *store, struct arena *a, const struct store_presign_put_opts *opts,
                        struct str *ret_url, struct store_header ret_headers[STORE_HEADERS_MAX],
                        size_t *ret_header_count) MUST_CHECK;
enum err s3_multipart_begin(struct store *store, struct arena *a, struct str key, struct str content_type,
                            struct str *ret_upload_id) MUST_CHECK;
enum err s3_multipart_presign(struct store *store, struct arena *a, const struct store_part_opts *opts,
                              struct str *ret_url) MUST_CHECK;
enum err s3_multipart_list(struct store *store, struct arena *a, struct str key, struct str upload_id,
                           struct store_part **ret_parts, size_t *ret_count) MUST_CHECK;
enum err s3_multipart_complete(struct store *store, struct arena *a, struct str key, struct str upload_id,
                               const struct store_part *parts, size_t count) MUST_CHECK;
enum err s3_multipart_abort(struct store *store, struct arena *a, struct str key, struct str upload_id) MUST_CHECK;
enum err s3_each(struct store *store, store_object_fn fn, void *arg) MUST_CHECK;
enum err s3_sweep(struct store *store, struct arena *a, int64_t older_than_us, int64_t *ret_count) MUST_CHECK;

/* The body of CompleteMultipartUpload, bit by bit, and its sending. */
void s3_complete_add(struct buf *body, int number, struct str etag);
enum err s3_complete_send(struct s3 *s3, struct arena *a, struct str key, struct str upload_id,
                          struct str body) MUST_CHECK;

#endif
