/* A redis-server of the test's own, and buses on it. */
#ifndef PARLEY_TESTS_REDIS_FIXTURE_H
#define PARLEY_TESTS_REDIS_FIXTURE_H

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "parley/bus/bus.h"
#include "parley/core/clock.h"
#include "unit.h"

enum { WAIT_MAX_S = 20, BUSES_MAX = 4 };

static inline struct config settings(const char *url)
{
    return (struct config){ .redis_url = url, .redis_host = "", .redis_port = 6379, .redis_password = "" };
}

/*
 * On a unix socket, with the buses on it. teardown ends them all, so that a test that fails holds nothing up; what their
 * threads write to therefore outlives the test's function: it is static.
 */
struct server {
    char folder[90];
    char socket[100];
    pid_t pid; /* 0: it does not run */
    struct bus *buses[BUSES_MAX];
    int bus_count;
};

static inline bool answers(const struct server *s)
{
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    snprintf(address.sun_path, sizeof(address.sun_path), "%s", s->socket);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bool ok = connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0;
    close(fd);
    return ok;
}

static inline void start(struct server *s)
{
    s->pid = fork();
    assert_true(s->pid >= 0);
    if (s->pid == 0) {
        if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 || freopen("/dev/null", "w", stdout) == NULL)
            _exit(126);
        execlp("redis-server", "redis-server", "--port", "0", "--unixsocket", s->socket, "--save", "", "--appendonly",
               "no", "--requirepass", "p:w d", "--dir", s->folder, (char *)NULL);
        _exit(127);
    }
    int64_t until_us = clock_monotonic_us() + WAIT_MAX_S * US_PER_S;
    while (!answers(s)) {
        assert_true(clock_monotonic_us() < until_us);
        assert_int_equal(waitpid(s->pid, NULL, WNOHANG), 0);
        poll(NULL, 0, 5);
    }
}

static inline void stop(struct server *s, int sig)
{
    kill(s->pid, sig);
    waitpid(s->pid, NULL, 0);
    s->pid = 0;
}

static inline int setup(void **state)
{
    struct server *s = calloc(1, sizeof(*s));
    signal(SIGPIPE, SIG_IGN); /* as serve does */
    const char *tmp = getenv("TMPDIR");
    snprintf(s->folder, sizeof(s->folder), "%s/parley-bus-XXXXXX", tmp != NULL && strlen(tmp) < 60 ? tmp : "/tmp");
    assert_non_null(mkdtemp(s->folder));
    snprintf(s->socket, sizeof(s->socket), "%s/r.sock", s->folder);
    *state = s;
    return 0;
}

static inline int teardown(void **state)
{
    struct server *s = *state;
    for (int i = 0; i < s->bus_count; i++)
        bus_close(s->buses[i]);
    if (s->pid > 0)
        stop(s, SIGKILL);
    unlink(s->socket);
    rmdir(s->folder);
    free(s);
    return 0;
}

static inline struct bus *opened_with(struct server *s, const struct config *config)
{
    struct buf error_text;
    struct bus *bus = NULL;
    assert_in_range(s->bus_count, 0, BUSES_MAX - 1);
    buf_init(&error_text, 1000);
    assert_ok(bus_open(config, &error_text, &bus));
    s->buses[s->bus_count++] = bus;
    buf_release(&error_text);
    assert_string_equal(bus_kind(bus), "redis");
    return bus;
}

static inline struct bus *opened_on(struct server *s)
{
    struct config config = settings("");
    config.redis_host = s->socket;
    config.redis_password = "p:w d";
    return opened_with(s, &config);
}

static inline void await_health(struct bus *bus, bool wanted)
{
    int64_t until_us = clock_monotonic_us() + WAIT_MAX_S * US_PER_S;
    while (bus_is_healthy(bus) != wanted) {
        assert_true(clock_monotonic_us() < until_us);
        poll(NULL, 0, 2);
    }
}

#endif
