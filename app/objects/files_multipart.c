/*
 * Uploads in parts into the folder store. An upload is a folder .uploads/<id>/ with a file `key` that says what it is for and
 * one file a part, named by its number in five digits. A part is replaced by renaming over it.
 */
#include "files_private.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "parley/auth/digest.h"
#include "parley/core/clock.h"
#include "parley/core/limits.h"
#include "parley/core/rand.h"

enum { UPLOAD_ID_BYTES = 16, UPLOAD_ID_LEN = 32, PART_NAME_LEN = 5, ETAG_HEX_LEN = 32, REMOVE_TRIES = 5 };

static struct files *files_of(struct store *store)
{
    return (struct files *)store;
}

static bool is_lower_hex(struct str text)
{
    for (size_t i = 0; i < text.len; i++) {
        if (!((text.ptr[i] >= '0' && text.ptr[i] <= '9') || (text.ptr[i] >= 'a' && text.ptr[i] <= 'f')))
            return false;
    }
    return true;
}

/* An id that we made; anything else names no upload, and no path either. */
static bool id_is_ours(struct str id)
{
    return id.len == UPLOAD_ID_LEN && is_lower_hex(id);
}

static enum err make_id(struct arena *a, struct str *ret_id)
{
    uint8_t bytes[UPLOAD_ID_BYTES];
    struct buf text;
    rand_bytes(bytes, sizeof(bytes));
    buf_init(&text, UPLOAD_ID_LEN);
    buf_add_hex(&text, bytes, sizeof(bytes));
    *ret_id = arena_str(a, buf_str(&text));
    buf_release(&text);
    return ret_id->ptr != NULL ? ERR_OK : ERR_NO_MEMORY;
}

static enum err write_key(struct files *files, const char *folder, struct str key)
{
    char path[FILES_PATH_BYTES];
    struct staged_file draft;
    enum err e;
    TRY(files_path(path, "%s/key", folder));
    TRY(staged_file_begin(files, &draft));
    e = staged_file_write(&draft, key.ptr, key.len);
    if (e == ERR_OK)
        e = staged_file_commit(&draft, path, FILES_FOLDERS_MADE);
    staged_file_drop(&draft);
    return e;
}

enum err files_multipart_begin(struct store *store, struct arena *a, struct str key, struct str content_type,
                               struct str *ret_upload_id)
{
    char folder[FILES_PATH_BYTES];
    struct str id;
    (void)content_type; /* the row knows it; the folder keeps bytes only */
    TRY(make_id(a, &id));
    TRY(files_path(folder, FILES_UPLOADS_DIR "/%.*s", STR_FMT(id)));
    TRY(write_key(files_of(store), folder, key));
    *ret_upload_id = id;
    return ERR_OK;
}

/* Opens the folder of an upload of this key. ERR_NOT_FOUND: there is none. */
static enum err open_upload(struct files *files, struct str key, struct str upload_id, int *ret_dir)
{
    char path[FILES_PATH_BYTES], stored[STORE_KEY_MAX_BYTES + 1];
    int dir;
    int fd;
    ssize_t len;
    if (!id_is_ours(upload_id))
        return ERR_NOT_FOUND;
    TRY(files_path(path, FILES_UPLOADS_DIR "/%.*s", STR_FMT(upload_id)));
    dir = openat(files->dir, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (dir < 0)
        return files_errno(files, "read");
    fd = openat(dir, "key", O_RDONLY | O_CLOEXEC);
    len = fd >= 0 ? read(fd, stored, sizeof(stored)) : -1;
    if (fd >= 0)
        close(fd);
    if (len < 0 || !str_eq(key, (struct str){ stored, (size_t)len })) {
        close(dir);
        return ERR_NOT_FOUND;
    }
    *ret_dir = dir;
    return ERR_OK;
}

enum err files_etag(struct files *files, struct arena *a, int fd, struct str *ret_etag)
{
    struct stat st;
    char hex[SHA256_HEX_BYTES];
    uint8_t digest[SHA256_BYTES];
    char *version;
    if (fstat(fd, &st) != 0)
        return store_fail(&files->base, "The object folder failed to read (errno %d)", errno);
    version = arena_printf(a, "%llu %lld %lld.%09ld", (unsigned long long)st.st_ino, (long long)st.st_size,
                           (long long)st.st_mtim.tv_sec, st.st_mtim.tv_nsec);
    if (version == NULL)
        return ERR_NO_MEMORY;
    digest_sha256(str_from(version), digest);
    digest_hex(digest, hex);
    *ret_etag = str_from(arena_printf(a, "\"%.*s\"", ETAG_HEX_LEN, hex));
    return ret_etag->ptr != NULL ? ERR_OK : ERR_NO_MEMORY;
}

enum err files_multipart_receive(struct files *files, struct arena *a, const struct store_local_grant *grant,
                                 store_source_fn source, void *arg, struct str *ret_etag)
{
    char path[FILES_PATH_BYTES];
    struct staged_file draft;
    int64_t size = 0;
    uint8_t sha256[SHA256_BYTES];
    int dir = -1;
    struct files_intake_opts ingest;
    enum err e;
    TRY(open_upload(files, grant->key, grant->upload_id, &dir));
    close(dir);
    ingest = (struct files_intake_opts){ .source = source,
                                         .arg = arg,
                                         .size_bytes = grant->size_bytes,
                                         .max_bytes = grant->size_bytes,
                                         .sha256 = grant->sha256 };
    TRY(files_path(path, FILES_UPLOADS_DIR "/%.*s/%05d", STR_FMT(grant->upload_id), grant->part_number));
    TRY(staged_file_begin(files, &draft));
    e = files_take(&draft, &ingest, &size, sha256);
    if (e == ERR_OK)
        e = files_etag(files, a, draft.fd, ret_etag);
    if (e == ERR_OK)
        e = staged_file_commit(&draft, path, FILES_FOLDERS_THERE);
    staged_file_drop(&draft);
    return e;
}

/* The number of a part's file name; 0 for any other name. */
static int part_number(const char *name)
{
    int64_t number = 0;
    struct str text = str_from(name);
    if (text.len != PART_NAME_LEN || str_to_int64(text, &number) != ERR_OK || number < 1 || number > UPLOAD_PARTS_MAX)
        return 0;
    return (int)number;
}

static enum err read_part(struct files *files, struct arena *a, int dir, const char *name, struct store_part *ret_part)
{
    struct stat st;
    struct store_part part = { .number = part_number(name) };
    int fd = openat(dir, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    enum err e;
    if (fd < 0)
        return files_errno(files, "read");
    e = fstat(fd, &st) == 0 ? files_etag(files, a, fd, &part.etag) : files_errno(files, "read");
    close(fd);
    TRY(e);
    part.size_bytes = st.st_size;
    *ret_part = part;
    return ERR_OK;
}

static int part_compare(const void *left, const void *right)
{
    const struct store_part *a = left, *b = right;
    return (a->number > b->number) - (a->number < b->number);
}

/* Goes through the folder; the stream owns dir. */
static enum err list_parts(struct files *files, struct arena *a, DIR *stream, struct store_part *parts,
                           size_t *ret_count)
{
    size_t count = 0;
    struct dirent *entry;
    while ((entry = readdir(stream)) != NULL) {
        enum err e;
        if (part_number(entry->d_name) == 0)
            continue;
        if (count == UPLOAD_PARTS_MAX)
            break;
        e = read_part(files, a, dirfd(stream), entry->d_name, &parts[count]);
        if (e == ERR_NOT_FOUND)
            continue; /* the upload was aborted meanwhile */
        TRY(e);
        count++;
    }
    qsort(parts, count, sizeof(*parts), part_compare);
    *ret_count = count;
    return ERR_OK;
}

enum err files_multipart_list(struct store *store, struct arena *a, struct str key, struct str upload_id,
                              struct store_part **ret_parts, size_t *ret_count)
{
    struct files *files = files_of(store);
    int dir = -1;
    struct store_part *parts = arena_calloc(a, UPLOAD_PARTS_MAX, sizeof(*parts));
    DIR *stream;
    enum err e;
    if (parts == NULL)
        return ERR_NO_MEMORY;
    TRY(open_upload(files, key, upload_id, &dir));
    stream = fdopendir(dir);
    if (stream == NULL) {
        close(dir);
        return ERR_NO_MEMORY;
    }
    e = list_parts(files, a, stream, parts, ret_count);
    closedir(stream);
    if (e == ERR_OK)
        *ret_parts = parts;
    return e;
}

/* Where copy_file_range is not supported. */
static enum err append_by_hand(struct staged_file *draft, int fd)
{
    char *chunk = malloc(COPY_CHUNK_BYTES);
    enum err e = ERR_OK;
    ssize_t got = 0;
    if (chunk == NULL)
        return ERR_NO_MEMORY;
    while (e == ERR_OK && (got = read(fd, chunk, COPY_CHUNK_BYTES)) > 0)
        e = staged_file_write(draft, chunk, (size_t)got);
    if (e == ERR_OK && got < 0)
        e = files_errno(draft->files, "read");
    free(chunk);
    return e;
}

static bool cannot_copy(int number)
{
    return number == EXDEV || number == EOPNOTSUPP || number == EINVAL || number == ENOSYS;
}

/* In the kernel; file systems that can share the blocks do. */
static enum err append_file(struct staged_file *draft, int fd, int64_t size_bytes)
{
    while (size_bytes > 0) {
        ssize_t copied = copy_file_range(fd, NULL, draft->fd, NULL, (size_t)size_bytes, 0);
        if (copied < 0 && errno == EINTR)
            continue;
        if (copied < 0 && cannot_copy(errno))
            return append_by_hand(draft, fd);
        if (copied < 0)
            return files_errno(draft->files, "write");
        if (copied == 0)
            return ERR_UPLOAD_INCOMPLETE;
        size_bytes -= copied;
    }
    return ERR_OK;
}

static struct str without_quotes(struct str etag)
{
    bool quoted = etag.len >= 2 && etag.ptr[0] == '"' && etag.ptr[etag.len - 1] == '"';
    return quoted ? str_head(str_tail(etag, 1), etag.len - 2) : etag;
}

/* The part that the caller names, if it is there and the same. */
static enum err append_part(struct staged_file *draft, struct arena *a, int dir, const struct store_part *wanted)
{
    char name[FILES_NAME_BYTES];
    struct stat st;
    struct str etag = { NULL, 0 };
    int fd;
    enum err e;
    snprintf(name, sizeof(name), "%05d", wanted->number);
    fd = openat(dir, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0)
        return errno == ENOENT ? ERR_UPLOAD_INCOMPLETE : files_errno(draft->files, "read");
    e = files_etag(draft->files, a, fd, &etag);
    if (e == ERR_OK && !str_eq(without_quotes(etag), without_quotes(wanted->etag)))
        e = ERR_UPLOAD_INCOMPLETE;
    if (e == ERR_OK && fstat(fd, &st) != 0)
        e = files_errno(draft->files, "read");
    if (e == ERR_OK)
        e = append_file(draft, fd, st.st_size);
    close(fd);
    return e;
}

static enum err join_parts(struct staged_file *draft, struct arena *a, int dir, const struct store_part *parts,
                           size_t count)
{
    for (size_t i = 0; i < count; i++)
        TRY(append_part(draft, a, dir, &parts[i]));
    return ERR_OK;
}

/* The key goes first: from then on there is no such upload. */
static enum err empty_upload(int dir)
{
    int again = dup(dir);
    DIR *stream = again >= 0 ? fdopendir(again) : NULL;
    struct dirent *entry;
    if (stream == NULL) {
        if (again >= 0)
            close(again);
        return ERR_NO_MEMORY;
    }
    rewinddir(stream);
    unlinkat(dir, "key", 0);
    while ((entry = readdir(stream)) != NULL) {
        if (entry->d_name[0] != '.')
            unlinkat(dir, entry->d_name, 0);
    }
    closedir(stream);
    return ERR_OK;
}

/* A part that arrives meanwhile may land in the folder, so it is emptied again until rmdir succeeds. */
enum err files_upload_remove(struct files *files, const char *path)
{
    enum err e = ERR_OK;
    int dir = openat(files->dir, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (dir < 0)
        return files_errno(files, "delete");
    for (int tries = 0; tries < REMOVE_TRIES; tries++) {
        e = empty_upload(dir);
        if (e != ERR_OK || unlinkat(files->dir, path, AT_REMOVEDIR) == 0)
            break;
        e = files_errno(files, "delete");
        if (e == ERR_NOT_FOUND)
            break;
    }
    close(dir);
    TRY(e);
    return files_sync_parent(files, path);
}

/* The parts are removed only when the object is there; a repetition after a cut gives the same object again. */
enum err files_multipart_complete(struct store *store, struct arena *a, struct str key, struct str upload_id,
                                  const struct store_part *parts, size_t count)
{
    struct files *files = files_of(store);
    char path[FILES_PATH_BYTES], folder[FILES_PATH_BYTES];
    struct staged_file draft;
    int dir = -1;
    enum err e;
    enum err removed;
    TRY(files_path(path, "%.*s", STR_FMT(key)));
    TRY(files_path(folder, FILES_UPLOADS_DIR "/%.*s", STR_FMT(upload_id)));
    TRY(open_upload(files, key, upload_id, &dir));
    e = staged_file_begin(files, &draft);
    if (e == ERR_OK) {
        e = join_parts(&draft, a, dir, parts, count);
        if (e == ERR_OK)
            e = staged_file_commit(&draft, path, FILES_FOLDERS_MADE);
        staged_file_drop(&draft);
    }
    close(dir);
    if (e != ERR_OK)
        return e;
    removed = files_upload_remove(files, folder);
    (void)removed; /* the sweep finds what is left of it */
    return ERR_OK;
}

enum err files_multipart_abort(struct store *store, struct arena *a, struct str key, struct str upload_id)
{
    int dir = -1;
    char path[FILES_PATH_BYTES];
    enum err e;
    (void)a;
    e = open_upload(files_of(store), key, upload_id, &dir);
    if (e == ERR_NOT_FOUND)
        return ERR_OK;
    TRY(e);
    close(dir);
    TRY(files_path(path, FILES_UPLOADS_DIR "/%.*s", STR_FMT(upload_id)));
    e = files_upload_remove(files_of(store), path);
    return e == ERR_NOT_FOUND ? ERR_OK : e;
}
