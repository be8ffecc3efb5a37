#include "parley/objects/store.h"

#include <errno.h>
#include <stdarg.h>
#include <unistd.h>

#include "parley/core/clock.h"
#include "parley/core/limits.h"
#include "parley/core/log.h"
#include "store_private.h"

void store_base_init(struct store *store, const struct store_ops *ops)
{
    store->ops = ops;
    store->fault[0] = '\0';
    store->fault_logged_us = 0;
    atomic_init(&store->opened, false);
    memset(store->counts, 0, sizeof(store->counts));
    pthread_mutex_init(&store->fault_mutex, NULL);
}

void store_base_release(struct store *store)
{
    pthread_mutex_destroy(&store->fault_mutex);
}

/* Remembers the line; true when it should be logged. */
static bool fault_note(struct store *store, const char line[STORE_FAULT_BYTES])
{
    int64_t now_us = clock_monotonic_us();
    bool news;
    pthread_mutex_lock(&store->fault_mutex);
    news = strcmp(store->fault, line) != 0 || now_us - store->fault_logged_us >= STORE_FAULT_QUIET_S * US_PER_S;
    memcpy(store->fault, line, STORE_FAULT_BYTES);
    if (news)
        store->fault_logged_us = now_us;
    pthread_mutex_unlock(&store->fault_mutex);
    return news;
}

enum err store_fail(struct store *store, const char *format, ...)
{
    char line[STORE_FAULT_BYTES];
    va_list args;
    va_start(args, format);
    vsnprintf(line, sizeof(line), format, args);
    va_end(args);
    if (fault_note(store, line) && atomic_load(&store->opened))
        log_event(LOG_WARN, "the object store failed", LOG_C("fault", line));
    return ERR_STORAGE;
}

void store_fault(struct store *store, struct buf *ret_error_text)
{
    pthread_mutex_lock(&store->fault_mutex);
    buf_add_c(ret_error_text, store->fault);
    pthread_mutex_unlock(&store->fault_mutex);
}

static bool is_key_byte(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '.' || c == '-';
}

bool store_key_is_good(struct str key)
{
    struct str piece;
    if (key.len == 0 || key.len > STORE_KEY_MAX_BYTES)
        return false;
    while (str_split(&key, '/', &piece)) {
        if (piece.len == 0 || piece.ptr[0] == '.')
            return false;
        for (size_t i = 0; i < piece.len; i++) {
            if (!is_key_byte(piece.ptr[i]))
                return false;
        }
    }
    return true;
}

static bool upload_id_is_good(struct str id)
{
    return id.len > 0 && id.len <= STORE_UPLOAD_ID_MAX_BYTES && !str_has_control(id);
}

enum err store_open(const struct config *config, struct keys *keys, struct buf *ret_error_text,
                    struct store **ret_store)
{
    struct store *store = NULL;
    if (config->minio_endpoint[0] != '\0')
        TRY(s3_open(config, ret_error_text, &store));
    else
        TRY(files_open(config, keys, ret_error_text, &store));
    atomic_store(&store->opened, true);
    *ret_store = store;
    return ERR_OK;
}

/* One that is not there yet is made at the start. */
static enum err folder_check(const char *path, struct buf *ret_error_text)
{
    if (access(path, R_OK | W_OK | X_OK) == 0 || errno == ENOENT)
        return ERR_OK;
    buf_addf(ret_error_text, "%s: the folder of the objects cannot be used: %s", path, strerror(errno));
    return ERR_STORAGE;
}

enum err store_check(const struct config *config, struct buf *ret_error_text)
{
    return config->minio_endpoint[0] != '\0' ? s3_check(config, ret_error_text)
                                             : folder_check(config->objects_dir, ret_error_text);
}

enum err store_check_origin(const struct config *config, struct str origin, bool *ret_allowed)
{
    *ret_allowed = true;
    return config->minio_endpoint[0] != '\0' ? s3_check_origin(config, origin, ret_allowed) : ERR_OK;
}

void store_close(struct store *store)
{
    if (store != NULL)
        store->ops->close(store);
}

const char *store_kind(const struct store *store)
{
    return store->ops->kind;
}

/* ---- what is counted ---- */

static enum err count_call(struct store *store, enum store_operation operation, int64_t began_us, enum err e)
{
    struct store_counts *counts = &store->counts[operation];

    atomic_fetch_add(&counts->call_count, 1);
    atomic_fetch_add(&counts->took_us, clock_monotonic_us() - began_us);
    if (e == ERR_STORAGE || e == ERR_DISK_FULL)
        atomic_fetch_add(&counts->failed_count, 1);
    return e;
}

bool store_stats(struct store *store, size_t index, struct store_stats *ret_stats)
{
    static const char *const names[STORE_OPERATION_COUNT] = { "ping",   "put",  "stat",     "get",
                                                              "delete", "list", "multipart" };

    if (index >= STORE_OPERATION_COUNT)
        return false;
    *ret_stats = (struct store_stats){
        .operation = names[index],
        .call_count = atomic_load(&store->counts[index].call_count),
        .failed_count = atomic_load(&store->counts[index].failed_count),
        .took_us = atomic_load(&store->counts[index].took_us),
    };
    return true;
}

/* ---- the operations ---- */

enum err store_ping(struct store *store)
{
    int64_t began_us = clock_monotonic_us();

    return count_call(store, STORE_PING, began_us, store->ops->ping(store));
}

enum err store_put(struct store *store, struct arena *a, const struct store_put_opts *opts, int64_t *ret_size,
                   uint8_t ret_sha256[32])
{
    int64_t began_us = clock_monotonic_us();

    if (!store_key_is_good(opts->key))
        return ERR_INVALID;
    if (opts->size_bytes > opts->max_bytes)
        return ERR_TOO_LARGE;
    return count_call(store, STORE_PUT, began_us, store->ops->put(store, a, opts, ret_size, ret_sha256));
}

enum err store_stat(struct store *store, struct arena *a, struct str key, struct store_info *ret_info)
{
    int64_t began_us = clock_monotonic_us();

    return store_key_is_good(key) ? count_call(store, STORE_STAT, began_us, store->ops->stat(store, a, key, ret_info))
                                  : ERR_NOT_FOUND;
}

enum err store_get(struct store *store, struct arena *a, struct str key, int64_t offset, int64_t length,
                   store_sink_fn sink, void *arg)
{
    int64_t began_us = clock_monotonic_us();

    if (!store_key_is_good(key))
        return ERR_NOT_FOUND;
    if (offset < 0)
        return ERR_INVALID;
    return count_call(store, STORE_GET, began_us, store->ops->get(store, a, key, offset, length, sink, arg));
}

enum err store_each(struct store *store, store_object_fn fn, void *arg)
{
    int64_t began_us = clock_monotonic_us();

    return count_call(store, STORE_LIST, began_us, store->ops->each(store, fn, arg));
}

enum err store_delete(struct store *store, struct arena *a, struct str key)
{
    int64_t began_us = clock_monotonic_us();

    return store_key_is_good(key) ? count_call(store, STORE_DELETE, began_us, store->ops->delete (store, a, key))
                                  : ERR_OK;
}

enum err store_presign_get(struct store *store, struct arena *a, const struct store_download_opts *opts,
                           struct str *ret_url)
{
    return store_key_is_good(opts->key) ? store->ops->presign_get(store, a, opts, ret_url) : ERR_NOT_FOUND;
}

struct str store_accel_path(struct store *store, struct arena *a, struct str key)
{
    if (!store_key_is_good(key))
        return (struct str){ NULL, 0 };
    return store->ops->accel_path(store, a, key);
}

enum err store_presign_put(struct store *store, struct arena *a, const struct store_presign_put_opts *opts,
                           struct str *ret_url, struct store_header ret_headers[STORE_HEADERS_MAX],
                           size_t *ret_header_count)
{
    if (!store_key_is_good(opts->key) || opts->size_bytes < 0)
        return ERR_INVALID;
    return store->ops->presign_put(store, a, opts, ret_url, ret_headers, ret_header_count);
}

enum err store_multipart_begin(struct store *store, struct arena *a, struct str key, struct str content_type,
                               struct str *ret_upload_id)
{
    int64_t began_us = clock_monotonic_us();

    return store_key_is_good(key) ? count_call(store, STORE_MULTIPART, began_us,
                                               store->ops->multipart_begin(store, a, key, content_type, ret_upload_id))
                                  : ERR_INVALID;
}

enum err store_multipart_presign(struct store *store, struct arena *a, const struct store_part_opts *opts,
                                 struct str *ret_url)
{
    if (!store_key_is_good(opts->key) || !upload_id_is_good(opts->upload_id))
        return ERR_NOT_FOUND;
    if (opts->number < 1 || opts->number > UPLOAD_PARTS_MAX || opts->size_bytes < 0)
        return ERR_INVALID;
    return store->ops->multipart_presign(store, a, opts, ret_url);
}

enum err store_multipart_list(struct store *store, struct arena *a, struct str key, struct str upload_id,
                              struct store_part **ret_parts, size_t *ret_count)
{
    if (!store_key_is_good(key) || !upload_id_is_good(upload_id))
        return ERR_NOT_FOUND;
    return store->ops->multipart_list(store, a, key, upload_id, ret_parts, ret_count);
}

static bool parts_ascend(const struct store_part *parts, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (parts[i].number < 1 || parts[i].number > UPLOAD_PARTS_MAX ||
            (i > 0 && parts[i].number <= parts[i - 1].number))
            return false;
    }
    return count > 0;
}

enum err store_multipart_complete(struct store *store, struct arena *a, struct str key, struct str upload_id,
                                  const struct store_part *parts, size_t part_count)
{
    int64_t began_us = clock_monotonic_us();

    if (!store_key_is_good(key) || !upload_id_is_good(upload_id))
        return ERR_NOT_FOUND;
    if (!parts_ascend(parts, part_count))
        return ERR_UPLOAD_INCOMPLETE;
    return count_call(store, STORE_MULTIPART, began_us,
                      store->ops->multipart_complete(store, a, key, upload_id, parts, part_count));
}

enum err store_multipart_abort(struct store *store, struct arena *a, struct str key, struct str upload_id)
{
    if (!store_key_is_good(key) || !upload_id_is_good(upload_id))
        return ERR_OK;
    return store->ops->multipart_abort(store, a, key, upload_id);
}

enum err store_sweep(struct store *store, struct arena *a, int64_t older_than_us, int64_t *ret_count)
{
    return store->ops->sweep(store, a, older_than_us, ret_count);
}

enum err store_local_verify(struct store *store, struct arena *a, const struct store_local_request *request,
                            struct store_local_grant *ret_grant)
{
    return store->ops->local_verify(store, a, request, ret_grant);
}

enum err store_local_receive(struct store *store, struct arena *a, const struct store_local_grant *grant,
                             store_source_fn source, void *arg, struct str *ret_etag)
{
    return store->ops->local_receive(store, a, grant, source, arg, ret_etag);
}
