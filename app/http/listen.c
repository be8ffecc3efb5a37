#include "listen.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "parley/core/path.h"

enum { FOLDER_MODE = 0750, SOCKET_MODE = 0660, LOCK_MODE = 0600 };

static enum err folder_make(const char *path, struct buf *ret_error_text)
{
    if (path_make_parent(path, FOLDER_MODE) == ERR_OK)
        return ERR_OK;
    buf_addf(ret_error_text, "FCGI_SOCKET: the folder of %s cannot be made: %s", path, strerror(errno));
    return ERR_UNAVAILABLE;
}

static enum err lock_take(const char *path, struct buf *ret_error_text, int *ret_fd)
{
    char name[sizeof(((struct sockaddr_un *)NULL)->sun_path) + sizeof(".lock")];
    int fd;

    snprintf(name, sizeof(name), "%s.lock", path);
    fd = open(name, O_RDWR | O_CREAT | O_CLOEXEC, LOCK_MODE);
    if (fd < 0) {
        buf_addf(ret_error_text, "FCGI_SOCKET: %s cannot be made: %s", name, strerror(errno));
        return ERR_UNAVAILABLE;
    }
    if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
        close(fd);
        buf_addf(ret_error_text, "FCGI_SOCKET: another server is running on %s; stop it or set another path", path);
        return ERR_CONFLICT;
    }
    *ret_fd = fd;
    return ERR_OK;
}

/* Nobody can connect before listen, so the mode is right by then. */
static enum err socket_bind(const char *path, int backlog, struct buf *ret_error_text, int *ret_fd)
{
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    memcpy(address.sun_path, path, strlen(path) + 1);
    (void)unlink(path);
    if (fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof(address)) != 0 || chmod(path, SOCKET_MODE) != 0 ||
        listen(fd, backlog) != 0) {
        buf_addf(ret_error_text, "FCGI_SOCKET: cannot listen on %s: %s", path, strerror(errno));
        if (fd >= 0)
            close(fd);
        return ERR_UNAVAILABLE;
    }
    *ret_fd = fd;
    return ERR_OK;
}

enum err listener_open(const char *path, int backlog, struct buf *ret_error_text, struct listener *ret_listener)
{
    struct listener listener = { .fd = -1, .lock_fd = -1, .stop_fd = -1 };
    enum err e;

    if (strlen(path) >= sizeof(((struct sockaddr_un *)NULL)->sun_path)) {
        buf_addf(ret_error_text, "FCGI_SOCKET: the path is longer than the 107 bytes that a socket may have: %s", path);
        return ERR_UNAVAILABLE;
    }
    TRY(folder_make(path, ret_error_text));
    TRY(lock_take(path, ret_error_text, &listener.lock_fd));
    e = socket_bind(path, backlog, ret_error_text, &listener.fd);
    if (e != ERR_OK) {
        close(listener.lock_fd);
        return e;
    }
    listener.path = strdup(path);
    if (listener.path == NULL) {
        listener_close(&listener);
        return ERR_NO_MEMORY;
    }
    *ret_listener = listener;
    return ERR_OK;
}

/* ---- passed by a supervisor ---- */

enum { PASSED_FD = 3 }; /* SD_LISTEN_FDS_START */

static bool is_listening_unix(int fd)
{
    struct sockaddr_un address = { .sun_family = AF_UNSPEC };
    socklen_t len = sizeof(address), size = sizeof(int);
    int listening = 0;

    return getsockname(fd, (struct sockaddr *)&address, &len) == 0 && address.sun_family == AF_UNIX &&
           getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listening, &size) == 0 && listening != 0;
}

/* How many were passed to this process; children of ours find nothing. */
static int64_t passed_count(void)
{
    int64_t pid = 0, count = 0;

    if (str_to_int64(str_from(getenv("LISTEN_PID")), &pid) != ERR_OK || pid != getpid() ||
        str_to_int64(str_from(getenv("LISTEN_FDS")), &count) != ERR_OK)
        count = 0;
    (void)unsetenv("LISTEN_PID");
    (void)unsetenv("LISTEN_FDS");
    return count;
}

enum err listener_passed(struct buf *ret_error_text, struct listener *ret_listener)
{
    struct listener listener = { .fd = PASSED_FD, .lock_fd = -1 };
    int64_t count = passed_count();

    if (count <= 0)
        return ERR_NOT_FOUND;
    if (count != 1 || !is_listening_unix(PASSED_FD)) {
        buf_add_c(ret_error_text, "LISTEN_FDS: exactly one listening unix socket is wanted");
        return ERR_UNAVAILABLE;
    }
    /* Shut down it would be dead for the next process, too; so whoever accepts waits for either. */
    listener.stop_fd = eventfd(0, EFD_CLOEXEC);
    if (listener.stop_fd < 0 || fcntl(PASSED_FD, F_SETFD, FD_CLOEXEC) != 0 ||
        fcntl(PASSED_FD, F_SETFL, fcntl(PASSED_FD, F_GETFL) | O_NONBLOCK) != 0) {
        buf_addf(ret_error_text, "LISTEN_FDS: the socket cannot be used: %s", strerror(errno));
        return ERR_UNAVAILABLE;
    }
    *ret_listener = listener;
    return ERR_OK;
}

/* ---- the end ---- */

void listener_shut(struct listener *listener)
{
    const uint64_t one = 1;

    if (listener->stop_fd < 0)
        (void)shutdown(listener->fd, SHUT_RDWR);
    else
        (void)!write(listener->stop_fd, &one, sizeof(one));
}

void listener_close(struct listener *listener)
{
    if (listener->path != NULL)
        (void)unlink(listener->path);
    close(listener->fd);
    if (listener->lock_fd >= 0)
        close(listener->lock_fd);
    if (listener->stop_fd >= 0)
        close(listener->stop_fd);
    free(listener->path);
}
