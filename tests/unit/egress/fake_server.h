/*
 * A server of HTTP for one test, on a loopback port of its own: answers each request with the next line of a script, and
 * remembers what it was asked.
 */
#ifndef PARLEY_TESTS_FAKE_SERVER_H
#define PARLEY_TESTS_FAKE_SERVER_H

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { FAKE_CONNECTIONS_MAX = 16, FAKE_SCRIPT_MAX = 16, FAKE_REQUEST_BYTES = 8192 };

/* A reply as it goes over the wire. FAKE_HANG_UP: the connection is closed instead. FAKE_SILENCE: nothing, until the client goes. */
#define FAKE_HANG_UP "hang up"
#define FAKE_SILENCE "silence"
#define FAKE_OK "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"

struct fake_server {
    const char *const *script; /* NULL-ended */
    int listener;
    int port;
    pthread_t thread;
    int asked_count;
    int connection_count;
    char requests[FAKE_SCRIPT_MAX][FAKE_REQUEST_BYTES]; /* head and what followed it, NUL-ended */
    size_t body_bytes[FAKE_SCRIPT_MAX];
};

static inline size_t fake_content_length(const char *head)
{
    const char *line = strcasestr(head, "\r\nContent-Length:");
    return line != NULL ? strtoul(line + 17, NULL, 10) : 0;
}

/* Reads one request; false when the client has gone. */
static inline bool fake_read(struct fake_server *server, int fd)
{
    char *text = server->requests[server->asked_count];
    size_t len = 0, body = 0;
    char *end = NULL;
    while (end == NULL) {
        ssize_t got = read(fd, text + len, FAKE_REQUEST_BYTES - 1 - len);
        if (got <= 0)
            return false;
        len += (size_t)got;
        text[len] = '\0';
        end = strstr(text, "\r\n\r\n");
    }
    size_t wanted = fake_content_length(text);
    body = len - (size_t)(end + 4 - text);
    if (body < wanted && strcasestr(text, "Expect: 100-continue") != NULL &&
        write(fd, "HTTP/1.1 100 Continue\r\n\r\n", 25) != 25)
        return false;
    while (body < wanted) {
        char chunk[65536];
        ssize_t got = read(fd, chunk, sizeof(chunk));
        if (got <= 0)
            return false;
        if (len + (size_t)got < FAKE_REQUEST_BYTES) {
            memcpy(text + len, chunk, (size_t)got);
            len += (size_t)got;
            text[len] = '\0';
        }
        body += (size_t)got;
    }
    server->body_bytes[server->asked_count] = body;
    return true;
}

/* Answers one request; false when the connection is to be closed. */
static inline bool fake_answer(struct fake_server *server, int fd)
{
    if (server->script[server->asked_count] == NULL || !fake_read(server, fd))
        return false;
    const char *reply = server->script[server->asked_count++];
    if (strcmp(reply, FAKE_HANG_UP) == 0)
        return false;
    if (strcmp(reply, FAKE_SILENCE) == 0) {
        char byte;
        while (read(fd, &byte, 1) > 0)
            continue;
        return false;
    }
    return write(fd, reply, strlen(reply)) >= 0 && strstr(reply, "Connection: close") == NULL;
}

static inline void *fake_run(void *arg)
{
    struct fake_server *server = arg;
    struct pollfd fds[1 + FAKE_CONNECTIONS_MAX] = { { .fd = server->listener, .events = POLLIN } };
    nfds_t count = 1;
    while (poll(fds, count, -1) > 0 && (fds[0].revents & POLLHUP) == 0) {
        for (nfds_t i = count; i-- > 1;) {
            if (fds[i].revents == 0 || fake_answer(server, fds[i].fd))
                continue;
            close(fds[i].fd);
            fds[i] = fds[--count];
        }
        if (fds[0].revents == 0 || count > FAKE_CONNECTIONS_MAX)
            continue;
        fds[count] = (struct pollfd){ .fd = accept(server->listener, NULL, NULL), .events = POLLIN };
        server->connection_count++;
        count++;
    }
    while (count-- > 1)
        close(fds[count].fd);
    return NULL;
}

static inline void fake_start(struct fake_server *server, const char *const *script)
{
    struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t len = sizeof(address);
    memset(server, 0, sizeof(*server));
    server->script = script;
    server->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_true(server->listener >= 0);
    assert_int_equal(bind(server->listener, (struct sockaddr *)&address, sizeof(address)), 0);
    assert_int_equal(listen(server->listener, 16), 0);
    assert_int_equal(getsockname(server->listener, (struct sockaddr *)&address, &len), 0);
    server->port = ntohs(address.sin_port);
    assert_int_equal(pthread_create(&server->thread, NULL, fake_run, server), 0);
}

/* Waits until the thread has ended; what it recorded may be read then. */
static inline void fake_stop(struct fake_server *server)
{
    shutdown(server->listener, SHUT_RDWR);
    pthread_join(server->thread, NULL);
    close(server->listener);
}

#endif
