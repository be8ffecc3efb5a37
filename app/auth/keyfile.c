#include "keyfile.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/stat.h>
#include <unistd.h>

#include "key.h"
#include "parley/core/path.h"
#include "parley/core/rand.h"

static enum err say_errno(struct buf *ret_error_text, const char *path, const char *what)
{
    int number = errno;

    buf_addf(ret_error_text, "%s: %s: %s", path, what, strerror(number));
    return ERR_INVALID;
}

enum err keyfile_make_dir(const char *path, struct buf *ret_error_text)
{
    if (path_make_dir(path, 0700) == ERR_OK)
        return ERR_OK;
    return say_errno(ret_error_text, path, "the folder for the keys cannot be made");
}

enum err keyfile_check_dir(const char *path, struct buf *ret_error_text)
{
    struct stat info;

    if (stat(path, &info) != 0)
        return say_errno(ret_error_text, path, "the folder of the keys cannot be looked at");
    if (!S_ISDIR(info.st_mode)) {
        buf_addf(ret_error_text, "%s: this should be the folder of the keys", path);
        return ERR_INVALID;
    }
    if ((info.st_mode & 077) != 0) {
        buf_addf(ret_error_text, "%s: other users can look into the folder of the keys (mode %04o); chmod 700 it", path,
                 (unsigned)(info.st_mode & 07777));
        return ERR_INVALID;
    }
    return ERR_OK;
}

enum err keyfile_close_dir(const char *path, struct buf *ret_error_text)
{
    struct stat info;

    if (stat(path, &info) == 0 && (info.st_mode & 077) == 0)
        return ERR_OK;
    if (chmod(path, 0700) != 0)
        return say_errno(ret_error_text, path, "the folder for the keys cannot be closed to others");
    return ERR_OK;
}

static enum err check_file(int fd, const char *path, enum keyfile_kind kind, struct buf *ret_error_text)
{
    struct stat info;

    if (fstat(fd, &info) != 0)
        return say_errno(ret_error_text, path, "cannot be looked at");
    if (!S_ISREG(info.st_mode)) {
        buf_addf(ret_error_text, "%s: this should be a file", path);
        return ERR_INVALID;
    }
    if (kind == KEYFILE_SECRET && (info.st_mode & 077) != 0) {
        buf_addf(ret_error_text,
                 "%s: other users have rights on this key (mode %04o); chmod 600 it, and make a new one if "
                 "others may have read it",
                 path, (unsigned)(info.st_mode & 07777));
        return ERR_INVALID;
    }
    if (kind == KEYFILE_PUBLIC && (info.st_mode & 022) != 0) {
        buf_addf(ret_error_text, "%s: other users can replace this key (mode %04o); chmod 600 it", path,
                 (unsigned)(info.st_mode & 07777));
        return ERR_INVALID;
    }
    return ERR_OK;
}

static enum err read_all(int fd, const char *path, struct buf *ret_error_text, struct buf *out)
{
    switch (buf_add_fd(out, fd)) {
    case ERR_OK: return ERR_OK;
    case ERR_UNAVAILABLE: return say_errno(ret_error_text, path, "cannot be read");
    default: buf_addf(ret_error_text, "%s: is too long for a key", path); return ERR_INVALID;
    }
}

enum err keyfile_read(const char *path, enum keyfile_kind kind, struct buf *ret_error_text, struct buf *out)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    enum err e;

    if (fd < 0 && errno == ENOENT)
        return ERR_NOT_FOUND;
    if (fd < 0)
        return say_errno(ret_error_text, path, "cannot be opened");
    e = check_file(fd, path, kind, ret_error_text);
    if (e == ERR_OK)
        e = read_all(fd, path, ret_error_text, out);
    (void)close(fd);
    return e;
}

static enum err write_all(int fd, struct str content)
{
    while (content.len > 0) {
        ssize_t put = write(fd, content.ptr, content.len);

        if (put < 0 && errno != EINTR)
            return ERR_INVALID;
        if (put > 0)
            content = str_tail(content, (size_t)put);
    }
    return fsync(fd) == 0 ? ERR_OK : ERR_INVALID;
}

/* The content under a name of its own, durable. */
static enum err write_temporary(const char *temporary, struct str content, struct buf *ret_error_text)
{
    int fd = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    enum err e;

    if (fd < 0)
        return say_errno(ret_error_text, temporary, "cannot be made");
    e = write_all(fd, content);
    if (e != ERR_OK)
        e = say_errno(ret_error_text, temporary, "cannot be written");
    (void)close(fd);
    return e;
}

/* The folder's own entry must be on disk too. */
static enum err sync_dir_of(const char *path, struct buf *ret_error_text)
{
    const char *slash = strrchr(path, '/');
    char dir[PATH_MAX] = ".";
    int fd;
    int done;

    if (slash != NULL && (size_t)(slash - path) < sizeof(dir)) {
        memcpy(dir, path, (size_t)(slash - path));
        dir[slash - path] = '\0';
    }
    fd = open(dir[0] == '\0' ? "/" : dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return say_errno(ret_error_text, dir, "cannot be opened");
    done = fsync(fd);
    (void)close(fd);
    return done == 0 ? ERR_OK : say_errno(ret_error_text, dir, "cannot be written");
}

static enum err put_in_place(const char *temporary, const char *path, enum keyfile_write how,
                             struct buf *ret_error_text)
{
    if (how == KEYFILE_REPLACE)
        return rename(temporary, path) == 0 ? ERR_OK : say_errno(ret_error_text, path, "cannot be replaced");
    return link(temporary, path) == 0 || errno == EEXIST ? ERR_OK : say_errno(ret_error_text, path, "cannot be made");
}

enum err keyfile_write(const char *path, struct str content, enum keyfile_write how, struct buf *ret_error_text)
{
    uint64_t random;
    struct buf temporary;
    enum err e;

    rand_bytes(&random, sizeof(random));
    buf_init(&temporary, PATH_MAX);
    buf_addf(&temporary, "%s.%016llx.tmp", path, (unsigned long long)random);
    e = buf_check(&temporary);
    if (e == ERR_OK)
        e = write_temporary(temporary.ptr, content, ret_error_text);
    if (e == ERR_OK)
        e = put_in_place(temporary.ptr, path, how, ret_error_text);
    (void)unlink(temporary.ptr);
    buf_release(&temporary);
    return e == ERR_OK ? sync_dir_of(path, ret_error_text) : e;
}
