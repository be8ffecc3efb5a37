/*
 * Opens many event streams over plain HTTP/1.1 on loopback and says when events have reached them.
 *
 *   bench_streams PORT PATHS TOKEN COUNT BEGIN
 *
 * PATHS: a file of paths, which the streams take in turn. A stream is open once it has been sent BEGIN. Says "open" when all
 * are; then, for each line of standard input:
 *   ""      waits until "event: message.created" has reached every stream, and prints the nanoseconds (CLOCK_MONOTONIC) at
 *           the first, the median and the last
 *   "rate"  takes events until the next line, and prints how many reached how many streams, and the p50, p99 and maximum of
 *           microseconds from the message's created_at (taken before its commit) to here
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

#include "parley/core/clock.h"
#include "parley/core/str.h"

enum {
    READY_MAX = 512,
    CHUNK_BYTES = 65536,
    OPENING_MAX = 64,
    PATHS_MAX = 1000,
    PATH_BYTES = 256,
    TOOK_MAX = 4000000,
    QUIET_MS = 300
};

struct reader {
    int fd;
    bool has_begun;
    int64_t told_ns;
    size_t matched; /* of the mark, at the end of what has come */
};

static const char mark[] = "event: message.created", time_mark[] = "\"created_at\":\"";
static const char *begin_mark;
static struct reader *readers;
static int64_t *times;
static int count, begun_count, told_count, epoll_fd;
static int64_t event_count;
static int32_t *took_us; /* NULL: not asked for */
static int took_count;

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

static void reader_open(struct reader *reader, int port, const char *path, const char *token)
{
    struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port) };
    struct epoll_event event = { .events = EPOLLIN, .data.ptr = reader };
    char request[8192];
    int len = snprintf(request, sizeof(request),
                       "GET %s HTTP/1.1\r\nHost: localhost:%d\r\nAccept: text/event-stream\r\nAuthorization: Bearer "
                       "%s\r\n\r\n",
                       path, port, token);

    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    reader->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (reader->fd < 0 || connect(reader->fd, (struct sockaddr *)&address, sizeof(address)) != 0)
        die("connect");
    if (send(reader->fd, request, (size_t)len, MSG_NOSIGNAL) != len)
        die("send");
    if (epoll_ctl(epoll_fd, EPOLL_CTL_ADD, reader->fd, &event) != 0)
        die("epoll_ctl");
}

/* How often the mark has come to its end in these bytes. */
static int marks_in(struct reader *reader, const char *bytes, ssize_t len)
{
    int found = 0;

    for (ssize_t i = 0; i < len; i++) {
        reader->matched = bytes[i] == mark[reader->matched] ? reader->matched + 1 : bytes[i] == mark[0];
        if (reader->matched == sizeof(mark) - 1) {
            reader->matched = 0;
            found++;
        }
    }
    return found;
}

/* A time in the middle of which the chunk ends is left out. */
static void times_note(const char *bytes, ssize_t len)
{
    int64_t now_us = clock_now_us(), created_us;
    const char *at = bytes, *end = bytes + len, *quote;

    while (took_count < TOOK_MAX && (at = memmem(at, (size_t)(end - at), time_mark, sizeof(time_mark) - 1)) != NULL) {
        at += sizeof(time_mark) - 1;
        quote = memchr(at, '"', (size_t)(end - at));
        if (quote == NULL)
            return;
        if (clock_parse((struct str){ at, (size_t)(quote - at) }, &created_us) != ERR_OK)
            die("created_at is no time");
        took_us[took_count++] = (int32_t)(now_us - created_us);
    }
}

static void reader_read(struct reader *reader)
{
    static char bytes[CHUNK_BYTES];
    ssize_t len = recv(reader->fd, bytes, sizeof(bytes), 0);
    int marks;

    if (len <= 0)
        die("a stream has ended");
    if (!reader->has_begun && memmem(bytes, (size_t)len, begin_mark, strlen(begin_mark)) != NULL) {
        reader->has_begun = true;
        begun_count++;
    }
    marks = marks_in(reader, bytes, len);
    event_count += marks;
    if (marks > 0 && reader->told_ns == 0) {
        reader->told_ns = now_ns();
        told_count++;
    }
    if (marks > 0 && took_us != NULL)
        times_note(bytes, len);
}

/* False: standard input has something. */
static bool read_some(void)
{
    struct epoll_event ready[READY_MAX];
    int ready_count = epoll_wait(epoll_fd, ready, READY_MAX, 30000);
    bool goes_on = true;

    if (ready_count <= 0)
        die("nothing came for 30 s");
    for (int i = 0; i < ready_count; i++)
        if (ready[i].data.ptr == NULL)
            goes_on = false;
        else
            reader_read(ready[i].data.ptr);
    return goes_on;
}

static int compare(const void *a, const void *b)
{
    int64_t first = *(const int64_t *)a, second = *(const int64_t *)b;

    return first < second ? -1 : first > second;
}

static int compare_short(const void *a, const void *b)
{
    int32_t first = *(const int32_t *)a, second = *(const int32_t *)b;

    return first < second ? -1 : first > second;
}

/* Takes what earlier posts have left, until nothing has come for a while: it has waited here, not on its way. */
static void drain(void)
{
    struct epoll_event ready[READY_MAX];
    int ready_count;

    while ((ready_count = epoll_wait(epoll_fd, ready, READY_MAX, QUIET_MS)) > 0)
        for (int i = 0; i < ready_count; i++)
            reader_read(ready[i].data.ptr);
}

static void arm(void)
{
    drain();
    told_count = 0;
    event_count = 0;
    for (int i = 0; i < count; i++)
        readers[i].told_ns = 0;
    printf("armed\n");
    fflush(stdout);
}

static void round_run(void)
{
    arm();
    while (told_count < count)
        (void)read_some();
    for (int i = 0; i < count; i++)
        times[i] = readers[i].told_ns;
    qsort(times, (size_t)count, sizeof(times[0]), compare);
    printf("%lld %lld %lld\n", (long long)times[0], (long long)times[count / 2], (long long)times[count - 1]);
    fflush(stdout);
}

static void rate_run(void)
{
    struct epoll_event event = { .events = EPOLLIN, .data.ptr = NULL };
    char line[16];

    arm();
    took_count = 0;
    took_us = calloc(TOOK_MAX, sizeof(*took_us));
    if (took_us == NULL || epoll_ctl(epoll_fd, EPOLL_CTL_ADD, STDIN_FILENO, &event) != 0)
        die("rate");
    while (read_some())
        continue;
    (void)epoll_ctl(epoll_fd, EPOLL_CTL_DEL, STDIN_FILENO, NULL);
    if (fgets(line, sizeof(line), stdin) == NULL || took_count == 0)
        die("no event came");
    qsort(took_us, (size_t)took_count, sizeof(took_us[0]), compare_short);
    printf("%lld %d %d %d %d\n", (long long)event_count, told_count, took_us[took_count / 2],
           took_us[(size_t)took_count * 99 / 100], took_us[took_count - 1]);
    fflush(stdout);
    free(took_us);
    took_us = NULL;
}

static int paths_read(const char *name, char paths[PATHS_MAX][PATH_BYTES])
{
    FILE *file = fopen(name, "re");
    int path_count = 0;

    if (file == NULL)
        die(name);
    while (path_count < PATHS_MAX && fgets(paths[path_count], PATH_BYTES, file) != NULL) {
        paths[path_count][strcspn(paths[path_count], "\n")] = '\0';
        path_count++;
    }
    fclose(file);
    if (path_count == 0)
        die("no paths");
    return path_count;
}

static void open_all(int port, const char *paths_name, const char *token)
{
    static char paths[PATHS_MAX][PATH_BYTES];
    int path_count = paths_read(paths_name, paths);

    for (int opened = 0; opened < count; opened++) {
        reader_open(&readers[opened], port, paths[opened % path_count], token);
        while (opened - begun_count >= OPENING_MAX)
            (void)read_some();
    }
    while (begun_count < count)
        (void)read_some();
}

int main(int argc, char **argv)
{
    struct rlimit limit;
    char line[16];
    int64_t port = 0, wanted = 0;

    if (argc != 6 || str_to_int64(str_from(argv[1]), &port) != ERR_OK ||
        str_to_int64(str_from(argv[4]), &wanted) != ERR_OK || wanted < 1) {
        fprintf(stderr, "usage: bench_streams PORT PATHS TOKEN COUNT BEGIN\n");
        return 2;
    }
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
        limit.rlim_cur = limit.rlim_max;
        (void)setrlimit(RLIMIT_NOFILE, &limit);
    }
    count = (int)wanted;
    begin_mark = argv[5];
    readers = calloc((size_t)count, sizeof(*readers));
    times = calloc((size_t)count, sizeof(*times));
    epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    if (readers == NULL || times == NULL || epoll_fd < 0)
        die("no memory");
    open_all((int)port, argv[2], argv[3]);
    printf("open\n");
    fflush(stdout);
    while (fgets(line, sizeof(line), stdin) != NULL) {
        if (strcmp(line, "rate\n") == 0)
            rate_run();
        else
            round_run();
    }
    return 0;
}
