/* A tiny FastCGI client, as nginx would be one: one request per connection, over a unix socket. */
#ifndef PARLEY_TESTS_HTTP_FCGI_CLIENT_H
#define PARLEY_TESTS_HTTP_FCGI_CLIENT_H

#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "parley/core/buf.h"

enum { FCGI_BEGIN = 1, FCGI_END = 3, FCGI_PARAMS_RECORD = 4, FCGI_STDIN_RECORD = 5, FCGI_STDOUT_RECORD = 6 };

struct fcgi_answer {
    struct buf bytes; /* all of STDOUT: headers and body */
    bool complete;    /* END_REQUEST came */
};

static inline int fcgi_connect(const char *path)
{
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    struct timeval patience = { .tv_sec = 20 }; /* an answer that never comes fails the test, instead of hanging it */
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
    (void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
    if (connect(fd, (struct sockaddr *)&address, sizeof(address)) != 0) {
        close(fd);
        return -1;
    }
    return fd;
}

static inline bool fcgi_write(int fd, const void *bytes, size_t len)
{
    while (len > 0) {
        ssize_t done = send(fd, bytes, len, MSG_NOSIGNAL);
        if (done <= 0)
            return false;
        bytes = (const char *)bytes + done;
        len -= (size_t)done;
    }
    return true;
}

static inline bool fcgi_record(int fd, int type, const void *bytes, size_t len)
{
    unsigned char head[8] = { 1, (unsigned char)type, 0, 1, (unsigned char)(len >> 8), (unsigned char)len, 0, 0 };

    return fcgi_write(fd, head, sizeof(head)) && fcgi_write(fd, bytes, len);
}

/* NAME, value, NAME, value, …, NULL */
static inline bool fcgi_begin(int fd, const char *const *params)
{
    static const unsigned char responder[8] = { 0, 1, 0 };
    struct buf pairs;
    bool sent;

    buf_init(&pairs, 60000);
    for (; params[0] != NULL; params += 2) {
        for (int i = 0; i < 2; i++) {
            size_t len = strlen(params[i]);
            unsigned char long_len[4] = { (unsigned char)(0x80 | (len >> 24)), (unsigned char)(len >> 16),
                                          (unsigned char)(len >> 8), (unsigned char)len };
            buf_add_bytes(&pairs, long_len, 4);
        }
        buf_add_c(&pairs, params[0]);
        buf_add_c(&pairs, params[1]);
    }
    sent = fcgi_record(fd, FCGI_BEGIN, responder, 8) && fcgi_record(fd, FCGI_PARAMS_RECORD, pairs.ptr, pairs.len) &&
           fcgi_record(fd, FCGI_PARAMS_RECORD, "", 0);
    buf_release(&pairs);
    return sent;
}

static inline bool fcgi_body(int fd, const char *bytes, size_t len)
{
    while (len > 0) {
        size_t piece = len < 32768 ? len : 32768;
        if (!fcgi_record(fd, FCGI_STDIN_RECORD, bytes, piece))
            return false;
        bytes += piece;
        len -= piece;
    }
    return true;
}

static inline bool fcgi_body_end(int fd)
{
    return fcgi_record(fd, FCGI_STDIN_RECORD, "", 0);
}

static inline bool fcgi_read_exactly(int fd, void *bytes, size_t len)
{
    return len == 0 || recv(fd, bytes, len, MSG_WAITALL) == (ssize_t)len;
}

/* Reads until END_REQUEST or the connection's end, and closes it. Release answer.bytes. */
static inline struct fcgi_answer fcgi_finish(int fd)
{
    struct fcgi_answer answer = { .complete = false };
    unsigned char head[8];

    buf_init(&answer.bytes, 64 * 1024 * 1024);
    while (!answer.complete && fcgi_read_exactly(fd, head, sizeof(head))) {
        size_t len = (size_t)head[4] << 8 | head[5];
        char *room = buf_room(&answer.bytes, len + head[6]);
        if (room == NULL || !fcgi_read_exactly(fd, room, len + head[6]))
            break;
        if (head[1] == FCGI_STDOUT_RECORD)
            buf_grown(&answer.bytes, len);
        answer.complete = head[1] == FCGI_END;
    }
    close(fd);
    return answer;
}

#endif
