/* Writing files so that they are there whole and durable, or not at all. */
#include "files_private.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ingest.h"
#include "parley/core/blocking.h"
#include "parley/core/ids.h"
#include "parley/core/limits.h"

enum { COMMIT_TRIES = 3, WRITE_OUT_BYTES = 8 * 1024 * 1024 };

enum err files_errno(struct files *files, const char *doing)
{
    switch (errno) {
    case ENOENT: return ERR_NOT_FOUND;
    case ENOSPC:
    case EDQUOT: (void)!store_fail(&files->base, "The disk of the object folder is full"); return ERR_DISK_FULL;
    case EFBIG: return store_fail(&files->base, "The file is larger than the object folder's file system takes");
    case EACCES:
    case EPERM: return store_fail(&files->base, "The object folder may not be used: %s (OBJECTS_DIR)", doing);
    case EROFS: return store_fail(&files->base, "The object folder cannot be written to (OBJECTS_DIR)");
    case EMFILE:
    case ENFILE: return store_fail(&files->base, "Too many open files");
    default: return store_fail(&files->base, "The object folder failed to %s (errno %d)", doing, errno);
    }
}

/* ENOENT is no answer here: what is missing is our own folder. */
static enum err write_errno(struct files *files)
{
    if (errno == ENOENT)
        return store_fail(&files->base, "The object folder is not there (OBJECTS_DIR)");
    return files_errno(files, "write");
}

enum err files_path(char ret_path[FILES_PATH_BYTES], const char *format, ...)
{
    va_list args;
    int len;
    va_start(args, format);
    len = vsnprintf(ret_path, FILES_PATH_BYTES, format, args);
    va_end(args);
    return len >= 0 && len < FILES_PATH_BYTES ? ERR_OK : ERR_INVALID;
}

enum err staged_file_begin(struct files *files, struct staged_file *ret_draft)
{
    struct uuid id = uuid_new_random();
    char text[UUID_TEXT_BYTES];
    struct staged_file draft = { .files = files };
    uuid_format(&id, text);
    snprintf(draft.path, sizeof(draft.path), FILES_TEMP_DIR "/%s", text);
    draft.fd = openat(files->dir, draft.path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, FILES_MODE);
    if (draft.fd < 0)
        return write_errno(files);
    if (fchmod(draft.fd, FILES_MODE) != 0) {
        enum err e = write_errno(files);
        staged_file_drop(&draft);
        return e;
    }
    *ret_draft = draft;
    return ERR_OK;
}

enum err staged_file_write(struct staged_file *draft, const void *bytes, size_t len)
{
    const char *next = bytes;
    while (len > 0) {
        ssize_t written = write(draft->fd, next, len);
        if (written < 0 && errno == EINTR)
            continue;
        if (written < 0)
            return write_errno(draft->files);
        next += written;
        len -= (size_t)written;
    }
    return ERR_OK;
}

static enum err make_folder(struct files *files, const char *path)
{
    if (mkdirat(files->dir, path, FILES_DIR_MODE) != 0)
        return errno == EEXIST ? ERR_OK : write_errno(files);
    if (fchmodat(files->dir, path, FILES_DIR_MODE, 0) != 0 && errno != ENOENT)
        return write_errno(files);
    return files_sync_parent(files, path);
}

/* Every folder on the way to path. */
static enum err make_parents(struct files *files, const char *path)
{
    char part[FILES_PATH_BYTES];
    for (const char *slash = strchr(path, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
        TRY(files_path(part, "%.*s", (int)(slash - path), path));
        TRY(make_folder(files, part));
    }
    return ERR_OK;
}

static int sync_to_disk(int fd)
{
    int done;
    blocking_begin();
    done = fsync(fd);
    blocking_end();
    return done;
}

enum err files_sync_parent(struct files *files, const char *path)
{
    char parent[FILES_PATH_BYTES];
    const char *slash = strrchr(path, '/');
    int fd;
    int done;
    enum err e;
    TRY(files_path(parent, "%.*s", slash != NULL ? (int)(slash - path) : 1, slash != NULL ? path : "."));
    fd = openat(files->dir, parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return errno == ENOENT ? ERR_OK : write_errno(files); /* it went away when it was empty: nothing to keep */
    done = sync_to_disk(fd);
    e = done == 0 ? ERR_OK : write_errno(files);
    close(fd);
    return e;
}

/* A delete may take the folder away when it has become empty, just between the making and the renaming. */
static enum err rename_into(struct staged_file *draft, const char *path, enum files_folders folders)
{
    for (int tries = 0; tries < COMMIT_TRIES; tries++) {
        if (folders == FILES_FOLDERS_MADE)
            TRY(make_parents(draft->files, path));
        if (renameat(draft->files->dir, draft->path, draft->files->dir, path) == 0)
            return ERR_OK;
        if (errno != ENOENT)
            return write_errno(draft->files);
        if (folders == FILES_FOLDERS_THERE)
            return ERR_NOT_FOUND;
    }
    return write_errno(draft->files);
}

enum err staged_file_commit(struct staged_file *draft, const char *path, enum files_folders folders)
{
    enum err e;
    if (sync_to_disk(draft->fd) != 0)
        return write_errno(draft->files);
    TRY(rename_into(draft, path, folders));
    close(draft->fd);
    draft->fd = -1;
    e = files_sync_parent(draft->files, path);
    if (e != ERR_OK)
        unlinkat(draft->files->dir, path, 0);
    return e;
}

void staged_file_drop(struct staged_file *draft)
{
    if (draft->fd < 0)
        return;
    unlinkat(draft->files->dir, draft->path, 0);
    close(draft->fd);
    draft->fd = -1;
}

static enum err copy_in(struct staged_file *draft, struct ingest *in, char *chunk)
{
    int64_t begun_out = 0;
    while (!in->ended) {
        size_t len = 0;
        TRY(ingest_fill(in, chunk, COPY_CHUNK_BYTES, &len));
        TRY(staged_file_write(draft, chunk, len));
        if (in->count_bytes - begun_out < WRITE_OUT_BYTES)
            continue;
        /* Begin writing to disk while more comes in, so that fsync has little left to do. */
        sync_file_range(draft->fd, begun_out, in->count_bytes - begun_out, SYNC_FILE_RANGE_WRITE);
        begun_out = in->count_bytes;
    }
    return ERR_OK;
}

enum err files_take(struct staged_file *draft, const struct files_intake_opts *opts, int64_t *ret_size,
                    uint8_t ret_sha256[32])
{
    struct ingest in;
    char *chunk = malloc(COPY_CHUNK_BYTES);
    enum err e;
    if (chunk == NULL)
        return ERR_NO_MEMORY;
    e = ingest_init(&in, opts->source, opts->arg, opts->size_bytes, opts->max_bytes);
    if (e == ERR_OK)
        e = copy_in(draft, &in, chunk);
    if (e == ERR_OK) {
        int64_t size = 0;
        uint8_t sha256[SHA256_BYTES];
        ingest_finish(&in, &size, sha256);
        if (opts->sha256 != NULL && memcmp(opts->sha256, sha256, sizeof(sha256)) != 0)
            e = ERR_UPLOAD_MISMATCH;
        *ret_size = size;
        memcpy(ret_sha256, sha256, sizeof(sha256));
    }
    ingest_release(&in);
    free(chunk);
    return e;
}
