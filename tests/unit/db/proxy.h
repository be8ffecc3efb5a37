/*
 * A small TCP proxy before the test's database server, which loses connections when it is told to: the server itself
 * belongs to all tests and is not killed. One thread; the test's thread sets what happens next.
 */
#ifndef PARLEY_TESTS_DB_PROXY_H
#define PARLEY_TESTS_DB_PROXY_H

#include <netinet/in.h>
#include <poll.h>
#include <stdatomic.h>
#include <sys/socket.h>

#include "scratch.h"

enum proxy_mode {
    PROXY_PASS,
    PROXY_CUT_BEFORE, /* the next message with the pattern is thrown away, and the connection with it */
    PROXY_CUT_AFTER,  /* it is delivered and done; its answer is thrown away, and the connection with it */
    PROXY_HANG,       /* nothing moves any more */
};

enum { PROXY_PAIRS_MAX = 64, PROXY_BYTES = 65536 };

struct pair {
    int client, server;
    bool is_cut; /* at the server's next answer */
};

struct proxy {
    int listen_fd, port, server_port;
    int wake[2];
    pthread_t thread;
    atomic_int mode;
    atomic_bool away;                    /* new connections are closed at once */
    atomic_int drops_wanted, drops_done; /* times that all connections are to be, and have been, closed */
    atomic_bool stop;
    const char *pattern; /* "" fits all; set before mode */
    atomic_int accepted;
    int count;
    struct pair pairs[PROXY_PAIRS_MAX];
};

static inline int proxy_socket(int port, bool listens)
{
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port) };
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int rc = listens ? bind(fd, (struct sockaddr *)&address, sizeof(address))
                     : connect(fd, (struct sockaddr *)&address, sizeof(address));
    if (rc != 0 || (listens && listen(fd, 64) != 0)) {
        close(fd);
        return -1;
    }
    return fd;
}

static inline void proxy_close_pair(struct proxy *p, int i)
{
    close(p->pairs[i].client);
    close(p->pairs[i].server);
    p->pairs[i] = p->pairs[--p->count];
}

static inline void proxy_accept(struct proxy *p)
{
    int client = accept4(p->listen_fd, NULL, NULL, SOCK_CLOEXEC);
    if (client < 0)
        return;
    atomic_fetch_add(&p->accepted, 1);
    int server = atomic_load(&p->away) || p->count == PROXY_PAIRS_MAX ? -1 : proxy_socket(p->server_port, false);
    if (server < 0)
        close(client);
    else
        p->pairs[p->count++] = (struct pair){ client, server, false };
}

static inline void proxy_send(int fd, const char *bytes, ssize_t len)
{
    for (ssize_t sent = 0; sent < len;) {
        ssize_t n = send(fd, bytes + sent, (size_t)(len - sent), MSG_NOSIGNAL);
        if (n <= 0)
            return;
        sent += n;
    }
}

/* Moves what one side has sent; false when the pair is to be closed. */
static inline bool proxy_move(struct proxy *p, struct pair *pair, bool from_client)
{
    static char bytes[PROXY_BYTES];
    ssize_t len = recv(from_client ? pair->client : pair->server, bytes, sizeof(bytes), 0);
    if (len <= 0 || (pair->is_cut && !from_client))
        return false;
    int mode = atomic_load(&p->mode);
    size_t pattern_len = strlen(p->pattern);
    bool fits = from_client && (pattern_len == 0 || memmem(bytes, (size_t)len, p->pattern, pattern_len) != NULL);
    if (fits && (mode == PROXY_CUT_BEFORE || mode == PROXY_CUT_AFTER)) {
        atomic_store(&p->mode, PROXY_PASS);
        if (mode == PROXY_CUT_BEFORE)
            return false;
        pair->is_cut = true;
    }
    proxy_send(from_client ? pair->server : pair->client, bytes, len);
    return true;
}

static inline void proxy_turn(struct proxy *p)
{
    struct pollfd fds[2 + 2 * PROXY_PAIRS_MAX] = { { .fd = p->wake[0], .events = POLLIN },
                                                   { .fd = p->listen_fd, .events = POLLIN } };
    bool hangs = atomic_load(&p->mode) == PROXY_HANG;
    for (int i = 0; i < p->count; i++) {
        fds[2 + 2 * i] = (struct pollfd){ .fd = hangs ? -1 : p->pairs[i].client, .events = POLLIN };
        fds[3 + 2 * i] = (struct pollfd){ .fd = hangs ? -1 : p->pairs[i].server, .events = POLLIN };
    }
    poll(fds, (nfds_t)(2 + 2 * p->count), -1);
    char byte;
    if (fds[0].revents != 0 && read(p->wake[0], &byte, 1) < 0)
        return;
    int drops = atomic_load(&p->drops_wanted);
    bool drop = drops != atomic_load(&p->drops_done);
    for (int i = p->count - 1; i >= 0; i--) {
        bool fine = !drop;
        if (fine && fds[2 + 2 * i].revents != 0)
            fine = proxy_move(p, &p->pairs[i], true);
        if (fine && fds[3 + 2 * i].revents != 0)
            fine = proxy_move(p, &p->pairs[i], false);
        if (!fine)
            proxy_close_pair(p, i);
    }
    atomic_store(&p->drops_done, drops);
    if (fds[1].revents != 0)
        proxy_accept(p);
}

static inline void *proxy_run(void *arg)
{
    struct proxy *p = arg;
    while (!atomic_load(&p->stop))
        proxy_turn(p);
    while (p->count > 0)
        proxy_close_pair(p, 0);
    return NULL;
}

static inline void proxy_wake(struct proxy *p)
{
    assert_int_equal(write(p->wake[1], "x", 1), 1);
}

static inline void proxy_start(struct proxy *p, int server_port)
{
    memset(p, 0, sizeof(*p));
    p->pattern = "";
    p->server_port = server_port;
    p->listen_fd = proxy_socket(0, true);
    assert_true(p->listen_fd >= 0);
    struct sockaddr_in address;
    socklen_t len = sizeof(address);
    assert_int_equal(getsockname(p->listen_fd, (struct sockaddr *)&address, &len), 0);
    p->port = ntohs(address.sin_port);
    assert_int_equal(pipe(p->wake), 0);
    assert_int_equal(pthread_create(&p->thread, NULL, proxy_run, p), 0);
}

static inline void proxy_set(struct proxy *p, enum proxy_mode mode, const char *pattern)
{
    p->pattern = pattern;
    atomic_store(&p->mode, mode);
    proxy_wake(p);
}

/* Closes all connections, as when the server is killed; returns when they are closed. */
static inline void proxy_drop(struct proxy *p)
{
    int drops = atomic_fetch_add(&p->drops_wanted, 1) + 1;
    proxy_wake(p);
    while (atomic_load(&p->drops_done) < drops)
        sched_yield();
}

static inline void proxy_stop(struct proxy *p)
{
    atomic_store(&p->stop, true);
    proxy_wake(p);
    pthread_join(p->thread, NULL);
    close(p->listen_fd);
    close(p->wake[0]);
    close(p->wake[1]);
}

#endif
