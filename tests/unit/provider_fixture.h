/* The stand-in provider (tests/api/support/provider_server.py, where its words are) as a process of a test. */
#ifndef PARLEY_TESTS_PROVIDER_FIXTURE_H
#define PARLEY_TESTS_PROVIDER_FIXTURE_H

#include "unit.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "parley/core/buf.h"
#include "parley/core/limits.h"

enum { PROVIDER_PATIENCE_MS = 20000 };

struct provider {
    pid_t pid;
    int in, out;
    struct buf heard; /* all lines that it has written */
    size_t seen;      /* of these, what provider_await has gone past */
    int http, https;
    char ca[256];
};

/* Reads more of what it writes. */
static inline void provider_read(struct provider *p, const char *wanted)
{
    struct pollfd polled = { .fd = p->out, .events = POLLIN };
    char *room = buf_room(&p->heard, 65536);
    ssize_t got;

    if (poll(&polled, 1, PROVIDER_PATIENCE_MS) != 1)
        fail_msg("the provider says nothing for %d ms; wanted %s behind:\n%s\n", PROVIDER_PATIENCE_MS, wanted,
                 p->heard.ptr + p->seen);
    got = read(p->out, room, 65536);
    if (got <= 0)
        fail_msg("the provider has gone; wanted %s\n", wanted);
    buf_grown(&p->heard, (size_t)got);
}

/* Waits for a line that holds the text, behind those that were waited for before, and gives where it stands in it. */
static inline const char *provider_await(struct provider *p, const char *text)
{
    const char *found, *end;

    while ((found = strstr(p->heard.ptr + p->seen, text)) == NULL || (end = strchr(found, '\n')) == NULL)
        provider_read(p, text);
    p->seen = (size_t)(end + 1 - p->heard.ptr);
    return found;
}

/* How many lines so far hold the text. */
static inline int provider_count(const struct provider *p, const char *text)
{
    int count = 0;

    for (const char *at = p->heard.ptr; (at = strstr(at, text)) != NULL; at++)
        count++;
    return count;
}

/* Tells it something, as JSON with ' for ", and waits until it knows. */
static inline void provider_tell(struct provider *p, const char *format, ...) PRINTF_LIKE(2, 3);
static inline void provider_tell(struct provider *p, const char *format, ...)
{
    char line[8192];
    int heard_before = provider_count(p, "{\"event\": \"heard\"}");
    va_list args;
    int len;

    va_start(args, format);
    len = vsnprintf(line, sizeof(line) - 1, format, args);
    va_end(args);
    assert_in_range(len, 1, sizeof(line) - 2);
    for (int i = 0; i < len; i++)
        line[i] = line[i] == '\'' ? '"' : line[i];
    line[len++] = '\n';
    assert_int_equal(write(p->in, line, (size_t)len), len);
    while (provider_count(p, "{\"event\": \"heard\"}") == heard_before)
        provider_read(p, "heard");
}

static inline void provider_start(struct provider *p)
{
    const char *ready;
    int in[2], out[2];

    memset(p, 0, sizeof(*p));
    buf_init(&p->heard, 64 * MIB);
    assert_int_equal(pipe2(in, O_CLOEXEC), 0);
    assert_int_equal(pipe2(out, O_CLOEXEC), 0);
    (void)fcntl(out[1], F_SETPIPE_SZ, MIB); /* it shall not wait for a test that waits for something else */
    p->pid = fork();
    assert_true(p->pid >= 0);
    if (p->pid == 0) {
        (void)dup2(in[0], STDIN_FILENO);
        (void)dup2(out[1], STDOUT_FILENO);
        execl("/usr/bin/python3", "python3", "-B", "-s", "tests/api/support/provider_server.py", (char *)NULL);
        _exit(127);
    }
    close(in[0]);
    close(out[1]);
    p->in = in[1];
    p->out = out[0];
    ready = provider_await(p, "\"ready\"");
    assert_int_equal(
        sscanf(ready, "\"ready\", \"http\": %d, \"https\": %d, \"ca\": \"%255[^\"]", &p->http, &p->https, p->ca), 3);
}

/* Fine on one that was never started. */
static inline void provider_stop(struct provider *p)
{
    if (p->pid <= 0)
        return;
    close(p->in);
    (void)waitpid(p->pid, NULL, 0);
    close(p->out);
    buf_release(&p->heard);
    p->pid = 0;
}

#endif
