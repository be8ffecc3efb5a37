#include "database_lock.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>

#include "parley/core/clock.h"
#include "parley/core/limits.h"
#include "parley/core/log.h"
#include "parley/core/path.h"

enum { FOLDER_MODE = 0700, LOCK_MODE = 0600, NAME_MAX_BYTES = 4200, LOOK_MS = 20 };

static enum err lock_open(const char *name, struct buf *ret_error_text, int *ret_fd)
{
    enum err e = path_make_parent(name, FOLDER_MODE);

    if (e == ERR_OK)
        *ret_fd = open(name, O_RDWR | O_CREAT | O_CLOEXEC, LOCK_MODE);
    if (e == ERR_OK && *ret_fd >= 0)
        return ERR_OK;
    buf_addf(ret_error_text, "the lock of the SQLite database, %s, cannot be made: %s", name, strerror(errno));
    return ERR_UNAVAILABLE;
}

/* ERR_CONFLICT: another's. */
static enum err lock_try(int fd)
{
    if (flock(fd, LOCK_EX | LOCK_NB) == 0)
        return ERR_OK;
    return errno == EWOULDBLOCK ? ERR_CONFLICT : ERR_UNAVAILABLE;
}

/* The kernel tells nobody that a lock is free but who hangs in it, and that one could not be told to stop. */
static enum err lock_wait(int fd)
{
    const struct timespec pause = { .tv_nsec = LOOK_MS * US_PER_MS * 1000 };
    int64_t until_us = clock_monotonic_us() + DATABASE_LOCK_MAX_S * US_PER_S;
    enum err e = lock_try(fd);

    if (e == ERR_CONFLICT)
        log_event(LOG_WARN, "another server has the SQLite database; if it is stopping it is waited for",
                  LOG_INT("seconds", DATABASE_LOCK_MAX_S));

    while (e == ERR_CONFLICT && clock_monotonic_us() < until_us) {
        (void)nanosleep(&pause, NULL);
        e = lock_try(fd);
    }
    return e;
}

/* errno is flock's. */
static void lock_fault(const char *file, enum err e, struct buf *ret_error_text)
{
    if (e == ERR_CONFLICT)
        buf_addf(
            ret_error_text,
            "another server is running on the SQLite database %s; stop it first, or keep the data in MySQL or MariaDB, "
            "which several servers can share",
            file);
    else
        buf_addf(ret_error_text, "the SQLite database %s cannot be locked: %s", file, strerror(errno));
}

enum err database_lock_take(const struct db *db, struct buf *ret_error_text, int *ret_fd)
{
    const char *file = db_file(db);
    struct buf name;
    int fd = -1;
    enum err e = ERR_OK;

    *ret_fd = -1;
    if (file == NULL)
        return ERR_OK;
    buf_init(&name, NAME_MAX_BYTES);
    buf_addf(&name, "%s.lock", file);
    e = buf_check(&name);
    if (e == ERR_OK)
        e = lock_open(name.ptr, ret_error_text, &fd);
    buf_release(&name);
    if (e != ERR_OK)
        return e;
    e = lock_wait(fd);
    if (e == ERR_OK) {
        *ret_fd = fd;
        return ERR_OK;
    }
    lock_fault(file, e, ret_error_text);
    (void)close(fd);
    return e;
}

void database_lock_release(int fd)
{
    if (fd >= 0)
        (void)close(fd);
}
