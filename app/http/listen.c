#include "listen.h"

#include <errno.h>
#include <fcntl.h>
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
    struct listener listener = { .fd = -1, .lock_fd = -1 };
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

void listener_shut(struct listener *listener)
{
    (void)shutdown(listener->fd, SHUT_RDWR);
}

void listener_close(struct listener *listener)
{
    if (listener->path != NULL)
        (void)unlink(listener->path);
    close(listener->fd);
    close(listener->lock_fd);
    free(listener->path);
}
