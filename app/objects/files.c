/* The folder store: opening it, and what is done with whole objects. */
#include "files_private.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "parley/auth/digest.h"
#include "parley/core/limits.h"
#include "parley/core/path.h"

static struct files *files_of(struct store *store)
{
    return (struct files *)store;
}

static void files_close(struct store *store)
{
    struct files *files = files_of(store);
    if (files->dir >= 0)
        close(files->dir);
    free(files->public_url);
    store_base_release(&files->base);
    free(files);
}

static enum err files_ping(struct store *store)
{
    struct files *files = files_of(store);
    if (faccessat(files->dir, FILES_TEMP_DIR, W_OK | X_OK, 0) != 0)
        return store_fail(store, "The object folder cannot be written to (OBJECTS_DIR)");
    return ERR_OK;
}

static enum err files_put(struct store *store, struct arena *a, const struct store_put_opts *opts, int64_t *ret_size,
                          uint8_t ret_sha256[32])
{
    char path[FILES_PATH_BYTES];
    struct staged_file draft;
    struct files_intake_opts ingest = {
        .source = opts->source, .arg = opts->arg, .size_bytes = opts->size_bytes, .max_bytes = opts->max_bytes
    };
    enum err e;
    (void)a;
    TRY(files_path(path, "%.*s", STR_FMT(opts->key)));
    TRY(staged_file_begin(files_of(store), &draft));
    e = files_take(&draft, &ingest, ret_size, ret_sha256);
    if (e == ERR_OK)
        e = staged_file_commit(&draft, path, FILES_FOLDERS_MADE);
    staged_file_drop(&draft);
    return e;
}

static enum err open_object(struct files *files, struct str key, int *ret_fd, struct stat *ret_stat)
{
    char path[FILES_PATH_BYTES];
    int fd;
    TRY(files_path(path, "%.*s", STR_FMT(key)));
    fd = openat(files->dir, path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0)
        return errno == ENOTDIR ? ERR_NOT_FOUND : files_errno(files, "read");
    if (fstat(fd, ret_stat) != 0 || !S_ISREG(ret_stat->st_mode)) {
        close(fd);
        return ERR_NOT_FOUND;
    }
    *ret_fd = fd;
    return ERR_OK;
}

static enum err files_stat(struct store *store, struct arena *a, struct str key, struct store_info *ret_info)
{
    int fd = -1;
    struct stat st;
    (void)a;
    TRY(open_object(files_of(store), key, &fd, &st));
    close(fd);
    *ret_info = (struct store_info){ .size_bytes = st.st_size };
    return ERR_OK;
}

static enum err copy_out(struct files *files, int fd, int64_t offset, int64_t length, char *chunk, store_sink_fn sink,
                         void *arg)
{
    while (length != 0) {
        size_t room = length > 0 && length < (int64_t)COPY_CHUNK_BYTES ? (size_t)length : COPY_CHUNK_BYTES;
        ssize_t got = pread(fd, chunk, room, offset);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return files_errno(files, "read");
        if (got == 0)
            return ERR_OK;
        TRY(sink(arg, chunk, (size_t)got));
        offset += got;
        length -= length > 0 ? got : 0;
    }
    return ERR_OK;
}

static enum err files_get(struct store *store, struct arena *a, struct str key, int64_t offset, int64_t length,
                          store_sink_fn sink, void *arg)
{
    int fd = -1;
    struct stat st;
    char *chunk;
    enum err e;
    (void)a;
    TRY(open_object(files_of(store), key, &fd, &st));
    chunk = malloc(COPY_CHUNK_BYTES);
    e = chunk != NULL ? copy_out(files_of(store), fd, offset, length, chunk, sink, arg) : ERR_NO_MEMORY;
    free(chunk);
    close(fd);
    return e;
}

/* Folders that became empty go too; one that is not says so, and stays. */
static void remove_empty_parents(struct files *files, char *path)
{
    for (char *slash = strrchr(path, '/'); slash != NULL; slash = strrchr(path, '/')) {
        *slash = '\0';
        if (unlinkat(files->dir, path, AT_REMOVEDIR) != 0)
            return;
    }
}

static enum err files_delete(struct store *store, struct arena *a, struct str key)
{
    struct files *files = files_of(store);
    char path[FILES_PATH_BYTES];
    (void)a;
    TRY(files_path(path, "%.*s", STR_FMT(key)));
    if (unlinkat(files->dir, path, 0) != 0) {
        enum err e = errno == ENOTDIR ? ERR_NOT_FOUND : files_errno(files, "delete");
        return e == ERR_NOT_FOUND ? ERR_OK : e;
    }
    TRY(files_sync_parent(files, path));
    remove_empty_parents(files, path);
    return ERR_OK;
}

static struct str files_accel_path(struct store *store, struct arena *a, struct str key)
{
    (void)store;
    return str_from(arena_printf(a, "/_objects/%.*s", STR_FMT(key)));
}

static enum err files_local_receive(struct store *store, struct arena *a, const struct store_local_grant *grant,
                                    store_source_fn source, void *arg, struct str *ret_etag)
{
    char path[FILES_PATH_BYTES];
    struct staged_file draft;
    int64_t size = 0;
    uint8_t sha256[SHA256_BYTES];
    struct files_intake_opts ingest;
    enum err e;
    if (grant->upload_id.ptr != NULL)
        return files_multipart_receive(files_of(store), a, grant, source, arg, ret_etag);
    ingest = (struct files_intake_opts){ .source = source,
                                         .arg = arg,
                                         .size_bytes = grant->size_bytes,
                                         .max_bytes = grant->size_bytes,
                                         .sha256 = grant->sha256 };
    TRY(files_path(path, "%.*s", STR_FMT(grant->key)));
    TRY(staged_file_begin(files_of(store), &draft));
    e = files_take(&draft, &ingest, &size, sha256);
    if (e == ERR_OK)
        e = files_etag(files_of(store), a, draft.fd, ret_etag);
    if (e == ERR_OK)
        e = staged_file_commit(&draft, path, FILES_FOLDERS_MADE);
    staged_file_drop(&draft);
    return e;
}

static const struct store_ops files_ops = {
    .kind = "folder",
    .close = files_close,
    .ping = files_ping,
    .put = files_put,
    .stat = files_stat,
    .get = files_get,
    .each = files_each,
    .delete = files_delete,
    .presign_get = files_presign_get,
    .presign_put = files_presign_put,
    .multipart_begin = files_multipart_begin,
    .multipart_presign = files_multipart_presign,
    .multipart_list = files_multipart_list,
    .multipart_complete = files_multipart_complete,
    .multipart_abort = files_multipart_abort,
    .sweep = files_sweep,
    .accel_path = files_accel_path,
    .local_verify = files_local_verify,
    .local_receive = files_local_receive,
};

static enum err fault(struct buf *ret_error_text, const char *what, const char *path)
{
    buf_addf(ret_error_text, "The folder %s %s: %s; make it, or set OBJECTS_DIR", path, what, strerrordesc_np(errno));
    return ERR_STORAGE;
}

static enum err make_inner(struct files *files, const char *path, const char *name, struct buf *ret_error_text)
{
    if (mkdirat(files->dir, name, FILES_DIR_MODE) != 0 && errno != EEXIST)
        return fault(ret_error_text, "cannot be written to", path);
    if (faccessat(files->dir, name, W_OK | X_OK, 0) != 0)
        return fault(ret_error_text, "cannot be written to", path);
    return ERR_OK;
}

static enum err open_folders(struct files *files, const char *path, struct buf *ret_error_text)
{
    if (path_make_dir(path, FILES_DIR_MODE) != ERR_OK)
        return fault(ret_error_text, "cannot be made", path);
    files->dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (files->dir < 0)
        return fault(ret_error_text, "cannot be opened", path);
    TRY(make_inner(files, path, FILES_TEMP_DIR, ret_error_text));
    return make_inner(files, path, FILES_UPLOADS_DIR, ret_error_text);
}

enum err files_open(const struct config *config, struct keys *keys, struct buf *ret_error_text,
                    struct store **ret_store)
{
    struct files *files = calloc(1, sizeof(*files));
    struct str url;
    enum err e;
    if (files == NULL)
        return ERR_NO_MEMORY;
    store_base_init(&files->base, &files_ops);
    files->dir = -1;
    files->keys = keys;
    url = str_from(config->public_url);
    if (str_ends_with(url, STR("/")))
        url = str_head(url, url.len - 1);
    files->public_url = strndup(url.ptr, url.len);
    e = files->public_url != NULL ? open_folders(files, config->objects_dir, ret_error_text) : ERR_NO_MEMORY;
    if (e != ERR_OK) {
        files_close(&files->base);
        return e;
    }
    *ret_store = &files->base;
    return ERR_OK;
}
