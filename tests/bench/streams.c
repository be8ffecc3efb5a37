/*
 * Opens many event streams over plain HTTP/1.1 on loopback and says when an event has reached them.
 * Usage: bench_streams PORT PATH TOKEN COUNT. Says "open" once each has its first bytes; then for each line of standard input
 * waits until "event: message.created" has reached all, and prints the nanoseconds (CLOCK_MONOTONIC) at the first, the
 * median and the last.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "parley/core/str.h"

enum { READY_MAX = 512, CHUNK_BYTES = 65536, OPENING_MAX = 64 };

struct reader {
    int fd;
    bool has_begun;
    int64_t told_ns;
    size_t matched; /* of the mark, at the end of what has come */
};

static const char mark[] = "event: message.created";
static struct reader *readers;
static int64_t *times;
static int count, begun_count, told_count, epoll_fd;

static int64_t now_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * INT64_C(1000000000) + now.tv_nsec;
}

static void die(const char *what)
{
    fprintf(stderr, "bench_streams: %s: %s\n", what, strerror(errno));
    exit(1);
}

static void reader_open(struct reader *reader, int port, const char *request)
{
    struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port) };
    struct epoll_event event = { .events = EPOLLIN, .data.ptr = reader };

    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    reader->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (reader->fd < 0 || connect(reader->fd, (struct sockaddr *)&address, sizeof(address)) != 0)
        die("connect");
    if (send(reader->fd, request, strlen(request), MSG_NOSIGNAL) != (ssize_t)strlen(request))
        die("send");
    if (epoll_ctl(epoll_fd, EPOLL_CTL_ADD, reader->fd, &event) != 0)
        die("epoll_ctl");
}

/* Whether the mark has come to its end in these bytes. */
static bool has_mark(struct reader *reader, const char *bytes, ssize_t len)
{
    for (ssize_t i = 0; i < len; i++) {
        reader->matched = bytes[i] == mark[reader->matched] ? reader->matched + 1 : bytes[i] == mark[0];
        if (reader->matched == sizeof(mark) - 1) {
            reader->matched = 0;
            return true;
        }
    }
    return false;
}

static void reader_read(struct reader *reader)
{
    static char bytes[CHUNK_BYTES];
    ssize_t len = recv(reader->fd, bytes, sizeof(bytes), 0);

    if (len <= 0)
        die("a stream has ended");
    if (!reader->has_begun && memmem(bytes, (size_t)len, "\nid: ", 5) != NULL) {
        reader->has_begun = true;
        begun_count++;
    }
    if (reader->told_ns == 0 && has_mark(reader, bytes, len)) {
        reader->told_ns = now_ns();
        told_count++;
    }
}

static void read_some(void)
{
    struct epoll_event ready[READY_MAX];
    int ready_count = epoll_wait(epoll_fd, ready, READY_MAX, 30000);

    if (ready_count <= 0)
        die("nothing came for 30 s");
    for (int i = 0; i < ready_count; i++)
        reader_read(ready[i].data.ptr);
}

static int compare(const void *a, const void *b)
{
    int64_t first = *(const int64_t *)a, second = *(const int64_t *)b;

    return first < second ? -1 : first > second;
}

static void round_run(void)
{
    told_count = 0;
    for (int i = 0; i < count; i++)
        readers[i].told_ns = 0;
    printf("armed\n");
    fflush(stdout);
    while (told_count < count)
        read_some();
    for (int i = 0; i < count; i++)
        times[i] = readers[i].told_ns;
    qsort(times, (size_t)count, sizeof(times[0]), compare);
    printf("%lld %lld %lld\n", (long long)times[0], (long long)times[count / 2], (long long)times[count - 1]);
    fflush(stdout);
}

int main(int argc, char **argv)
{
    struct rlimit limit;
    char request[8192], line[16];
    int64_t port = 0, wanted = 0;

    if (argc != 5 || str_to_int64(str_from(argv[1]), &port) != ERR_OK ||
        str_to_int64(str_from(argv[4]), &wanted) != ERR_OK || wanted < 1) {
        fprintf(stderr, "usage: bench_streams PORT PATH TOKEN COUNT\n");
        return 2;
    }
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
        limit.rlim_cur = limit.rlim_max;
        (void)setrlimit(RLIMIT_NOFILE, &limit);
    }
    count = (int)wanted;
    readers = calloc((size_t)count, sizeof(*readers));
    times = calloc((size_t)count, sizeof(*times));
    epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    if (readers == NULL || times == NULL || epoll_fd < 0)
        die("no memory");
    snprintf(request, sizeof(request), "GET %s HTTP/1.1\r\nHost: localhost:%lld\r\nAuthorization: Bearer %s\r\n\r\n",
             argv[2], (long long)port, argv[3]);
    for (int opened = 0; opened < count; opened++) {
        reader_open(&readers[opened], (int)port, request);
        while (opened - begun_count >= OPENING_MAX)
            read_some();
    }
    while (begun_count < count)
        read_some();
    printf("open\n");
    fflush(stdout);
    while (fgets(line, sizeof(line), stdin) != NULL)
        round_run();
    return 0;
}
