/* Inside the objects room: what each kind of store consists of. */
#ifndef PARLEY_OBJECTS_STORE_PRIVATE_H
#define PARLEY_OBJECTS_STORE_PRIVATE_H

#include <pthread.h>
#include <stdatomic.h>

#include "parley/objects/store.h"

/* The same fault is logged once in STORE_FAULT_QUIET_S only, since every request runs into it. */
enum { STORE_FAULT_BYTES = 160, STORE_FAULT_QUIET_S = 60 };

/* Each operation is as its store_ function says; keys and upload ids have been checked. */
struct store_ops {
    const char *kind;
    void (*close)(struct store *store);
    enum err (*ping)(struct store *store);
    enum err (*put)(struct store *store, struct arena *a, const struct store_put_opts *opts, int64_t *ret_size,
                    uint8_t ret_sha256[32]);
    enum err (*stat)(struct store *store, struct arena *a, struct str key, struct store_info *ret_info);
    enum err (*get)(struct store *store, struct arena *a, struct str key, int64_t offset, int64_t length,
                    store_sink_fn sink, void *arg);
    enum err (*each)(struct store *store, store_object_fn fn, void *arg);
    enum err (*delete)(struct store *store, struct arena *a, struct str key);
    enum err (*presign_get)(struct store *store, struct arena *a, const struct store_download_opts *opts,
                            struct str *ret_url);
    enum err (*presign_put)(struct store *store, struct arena *a, const struct store_presign_put_opts *opts,
                            struct str *ret_url, struct store_header ret_headers[STORE_HEADERS_MAX],
                            size_t *ret_header_count);
    enum err (*multipart_begin)(struct store *store, struct arena *a, struct str key, struct str content_type,
                                struct str *ret_upload_id);
    enum err (*multipart_presign)(struct store *store, struct arena *a, const struct store_part_opts *opts,
                                  struct str *ret_url);
    enum err (*multipart_list)(struct store *store, struct arena *a, struct str key, struct str upload_id,
                               struct store_part **ret_parts, size_t *ret_count);
    enum err (*multipart_complete)(struct store *store, struct arena *a, struct str key, struct str upload_id,
                                   const struct store_part *parts, size_t count);
    enum err (*multipart_abort)(struct store *store, struct arena *a, struct str key, struct str upload_id);
    enum err (*sweep)(struct store *store, struct arena *a, int64_t older_than_us, int64_t *ret_count);
    struct str (*accel_path)(struct store *store, struct arena *a, struct str key);
    enum err (*local_verify)(struct store *store, struct arena *a, const struct store_local_request *request,
                             struct store_local_grant *ret_grant);
    enum err (*local_receive)(struct store *store, struct arena *a, const struct store_local_grant *grant,
                              store_source_fn source, void *arg, struct str *ret_etag);
};

/* What is counted. */
enum store_operation {
    STORE_PING,
    STORE_PUT,
    STORE_STAT,
    STORE_GET,
    STORE_DELETE,
    STORE_LIST,
    STORE_MULTIPART,
    STORE_OPERATION_COUNT
};
struct store_counts {
    _Atomic int64_t call_count, failed_count, took_us;
};

/* The first member of each kind's own struct. */
struct store {
    const struct store_ops *ops;
    pthread_mutex_t fault_mutex; /* guards the two below */
    char fault[STORE_FAULT_BYTES];
    int64_t fault_logged_us; /* monotonic */
    atomic_bool opened;      /* until then store_open's caller logs what is wrong */
    struct store_counts counts[STORE_OPERATION_COUNT];
};

void store_base_init(struct store *store, const struct store_ops *ops);
void store_base_release(struct store *store);
/* Remembers the line for store_fault, logs it where it is news, and returns ERR_STORAGE. Any thread. */
enum err store_fail(struct store *store, const char *format, ...) PRINTF_LIKE(2, 3);

enum err s3_check(const struct config *config, struct buf *ret_error_text) MUST_CHECK;
enum err s3_check_origin(const struct config *config, struct str origin, bool *ret_allowed) MUST_CHECK;
enum err s3_open(const struct config *config, struct buf *ret_error_text, struct store **ret_store) MUST_CHECK;
enum err files_open(const struct config *config, struct keys *keys, struct buf *ret_error_text,
                    struct store **ret_store) MUST_CHECK;

/* All keys of Parley begin with it, so other programs' objects in a shared bucket are left alone. */
#define STORE_KEY_PREFIX "workspace_"

/* [a-z0-9_.-] in segments between slashes, none of them empty or beginning with a dot. */
bool store_key_is_good(struct str key);

#endif
