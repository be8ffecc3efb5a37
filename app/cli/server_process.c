#include "server_process.h"

#include <errno.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum { SOCKET_TIMEOUT_S = 5, COMM_BYTES = 32 };

static int socket_connect(const char *path)
{
    const struct timeval limit = { .tv_sec = SOCKET_TIMEOUT_S };
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    (void)snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
    if (fd < 0)
        return -1;
    if (setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit)) == 0 &&
        setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit)) == 0 &&
        connect(fd, (const struct sockaddr *)&address, sizeof(address)) == 0)
        return fd;
    (void)close(fd);
    return -1;
}

/* Whoever made the socket need not be a server: one may have been handed over at its start. */
static bool is_parley(pid_t pid)
{
    char path[64], name[COMM_BYTES] = "";
    FILE *file;

    (void)snprintf(path, sizeof(path), "/proc/%d/comm", (int)pid);
    file = fopen(path, "re");
    if (file == NULL)
        return false;
    if (fgets(name, sizeof(name), file) == NULL)
        name[0] = '\0';
    (void)fclose(file);
    return strcmp(name, "parley\n") == 0;
}

static bool with_process(const struct cli *cli, const char *path, int fd, server_process_fn fn, void *arg)
{
    struct server_process process = { .socket = path, .fd = fd };
    struct ucred peer = { .pid = 0 };
    socklen_t len = sizeof(peer);

    if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len) != 0 || peer.pid == 0) {
        (void)cli_fail(cli, "%s: its process is in another container; run this command there", path);
        return false;
    }
    if (!is_parley(peer.pid)) {
        (void)cli_fail(cli, "%s: process %d, which listens there, is not parley", path, (int)peer.pid);
        return false;
    }
    process.pid = peer.pid;
    return fn(arg, &process);
}

static bool one(const struct cli *cli, const char *path, server_process_fn fn, void *arg)
{
    int fd = socket_connect(path);
    bool done;

    if (fd < 0) {
        (void)cli_fail(cli,
                       errno == ENOENT || errno == ECONNREFUSED ? "%s: no server is running"
                                                                : "%s: cannot be connected to: %s",
                       path, strerror(errno));
        return false;
    }
    done = with_process(cli, path, fd, fn, arg);
    (void)close(fd);
    return done;
}

int server_process_each(const struct cli *cli, const struct config *config, server_process_fn fn, void *arg)
{
    char path[sizeof(((struct sockaddr_un *)NULL)->sun_path)];
    struct str rest = str_from(config->fcgi_sockets);
    struct str group, item;
    bool all = true;

    if (rest.len == 0)
        return one(cli, config->fcgi_socket, fn, arg) ? CLI_OK : CLI_FAILED;
    /* Commas or blanks between them, as nginx/render takes them. */
    while (str_split(&rest, ' ', &group)) {
        while (str_split(&group, ',', &item)) {
            if (item.len == 0)
                continue;
            (void)snprintf(path, sizeof(path), "%.*s", STR_FMT(item));
            all &= one(cli, path, fn, arg);
        }
    }
    return all ? CLI_OK : CLI_FAILED;
}
