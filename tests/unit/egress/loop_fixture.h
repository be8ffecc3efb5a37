/* A loop, the stand-in provider, and calls that remember what came of them. */
#ifndef PARLEY_TESTS_LOOP_FIXTURE_H
#define PARLEY_TESTS_LOOP_FIXTURE_H

#include "clock_fixture.h"
#include "provider_fixture.h"

#include <pthread.h>

#include "parley/core/clock.h"
#include "parley/egress/egress.h"
#include "parley/egress/loop.h"

struct fixture {
    struct provider provider;
    struct loop *loop;
};

/* ---- on the loop's thread ---- */

struct errand {
    struct loop_item item;
    void (*fn)(void *arg);
    void *arg;
    pthread_mutex_t lock;
    pthread_cond_t done_cond;
    bool done;
};

static inline void errand_run(struct loop_item *item)
{
    struct errand *errand = (struct errand *)item;

    errand->fn(errand->arg);
    (void)pthread_mutex_lock(&errand->lock);
    errand->done = true;
    (void)pthread_cond_signal(&errand->done_cond);
    (void)pthread_mutex_unlock(&errand->lock);
}

/* Has fn run on the loop's thread and waits for it. */
static inline void on_loop(struct loop *loop, void (*fn)(void *arg), void *arg)
{
    struct errand errand = { .item = { .run = errand_run }, .fn = fn, .arg = arg };

    (void)pthread_mutex_init(&errand.lock, NULL);
    (void)pthread_cond_init(&errand.done_cond, NULL);
    loop_post(loop, &errand.item);
    (void)pthread_mutex_lock(&errand.lock);
    while (!errand.done)
        (void)pthread_cond_wait(&errand.done_cond, &errand.lock);
    (void)pthread_mutex_unlock(&errand.lock);
    (void)pthread_cond_destroy(&errand.done_cond);
    (void)pthread_mutex_destroy(&errand.lock);
}

/* ---- a call ---- */

struct probe {
    struct loop *loop;
    struct loop_request request;
    const char *ends_at; /* cancels itself when this has come; NULL: never */
    struct loop_call *call;
    enum err started;

    pthread_mutex_t lock; /* guards what follows */
    pthread_cond_t changed;
    struct buf body, headers;
    bool ended, cancelled;
    struct loop_end end;
};

static inline void probe_header(void *arg, struct str name, struct str value)
{
    struct probe *probe = arg;

    (void)pthread_mutex_lock(&probe->lock);
    buf_addf(&probe->headers, "%.*s=%.*s\n", STR_FMT(name), STR_FMT(value));
    (void)pthread_mutex_unlock(&probe->lock);
}

static inline void probe_body(void *arg, int status, struct str bytes)
{
    struct probe *probe = arg;

    assert_true(status >= 200);
    (void)pthread_mutex_lock(&probe->lock);
    assert_false(probe->cancelled);
    buf_add(&probe->body, bytes);
    if (probe->ends_at != NULL && strstr(probe->body.ptr, probe->ends_at) != NULL) {
        loop_cancel(probe->call);
        probe->cancelled = true;
    }
    (void)pthread_cond_broadcast(&probe->changed);
    (void)pthread_mutex_unlock(&probe->lock);
}

static inline void probe_end(void *arg, const struct loop_end *end)
{
    struct probe *probe = arg;

    (void)pthread_mutex_lock(&probe->lock);
    assert_false(probe->ended || probe->cancelled);
    probe->ended = true;
    probe->end = *end;
    (void)pthread_cond_broadcast(&probe->changed);
    (void)pthread_mutex_unlock(&probe->lock);
}

static inline void probe_init(struct probe *probe, struct loop *loop, const char *url)
{
    memset(probe, 0, sizeof(*probe));
    probe->loop = loop;
    probe->request = (struct loop_request){ .url = url, .body_fd = -1, .connect_ms = 20000, .trust = EGRESS_OPERATOR };
    (void)pthread_mutex_init(&probe->lock, NULL);
    (void)pthread_cond_init(&probe->changed, NULL);
    buf_init(&probe->body, 16 * MIB);
    buf_init(&probe->headers, MIB);
}

static inline void probe_start_there(void *arg)
{
    struct probe *probe = arg;
    const struct loop_sink sink = { probe_header, probe_body, probe_end, probe };

    probe->started = loop_start(probe->loop, &probe->request, &sink, &probe->call);
}

static inline void probe_start(struct probe *probe)
{
    on_loop(probe->loop, probe_start_there, probe);
}

static inline void probe_cancel_there(void *arg)
{
    struct probe *probe = arg;

    (void)pthread_mutex_lock(&probe->lock);
    if (probe->started == ERR_OK && !probe->ended && !probe->cancelled)
        loop_cancel(probe->call);
    probe->cancelled = true;
    (void)pthread_mutex_unlock(&probe->lock);
}

static inline void probe_cancel(struct probe *probe)
{
    on_loop(probe->loop, probe_cancel_there, probe);
}

static inline void probe_wait(struct probe *probe)
{
    struct timespec until = clock_deadline(clock_monotonic_us() + PROVIDER_PATIENCE_MS * US_PER_MS);

    if (pthread_cond_clockwait(&probe->changed, &probe->lock, CLOCK_MONOTONIC, &until) != 0)
        fail_msg("nothing came of a call; so far: %s\n", probe->body.ptr);
}

static inline void probe_await_body(struct probe *probe, const char *text)
{
    (void)pthread_mutex_lock(&probe->lock);
    while (strstr(probe->body.ptr, text) == NULL && !probe->ended)
        probe_wait(probe);
    assert_non_null(strstr(probe->body.ptr, text));
    (void)pthread_mutex_unlock(&probe->lock);
}

/* What has come so far is this; the call has not ended. */
static inline void assert_so_far(struct probe *probe, const char *text)
{
    (void)pthread_mutex_lock(&probe->lock);
    assert_string_equal(probe->body.ptr, text);
    assert_false(probe->ended);
    (void)pthread_mutex_unlock(&probe->lock);
}

static inline void probe_await_end(struct probe *probe)
{
    assert_ok(probe->started);
    (void)pthread_mutex_lock(&probe->lock);
    while (!probe->ended)
        probe_wait(probe);
    (void)pthread_mutex_unlock(&probe->lock);
}

/* Cancels it where it has not ended. */
static inline void probe_release(struct probe *probe)
{
    probe_cancel(probe);
    buf_release(&probe->body);
    buf_release(&probe->headers);
    (void)pthread_cond_destroy(&probe->changed);
    (void)pthread_mutex_destroy(&probe->lock);
}

/* Runs a call to its end. */
static inline void probe_run(struct probe *probe)
{
    probe_start(probe);
    probe_await_end(probe);
}

static inline void assert_fault(const struct probe *probe, enum loop_fault fault)
{
    if (probe->end.fault != fault)
        fail_msg("ended with %d (%s), not with %d\n", probe->end.fault,
                 probe->end.error_text != NULL ? probe->end.error_text : "", fault);
    assert_int_equal(probe->end.error_text == NULL, fault == LOOP_COMPLETE);
}

/* A call's address: at the stand-in's TLS port, or its plain one. */
static inline const char *url_of(const struct fixture *f, bool tls, const char *path)
{
    static char url[128];

    snprintf(url, sizeof(url), "http%s://localhost:%d%s", tls ? "s" : "", tls ? f->provider.https : f->provider.http,
             path);
    return url;
}

/* ---- a group's beginning and end ---- */

static inline int loop_setup(void **state)
{
    static struct fixture f;

    if (clock_setup(state) != 0 || egress_init() != ERR_OK)
        return -1;
    provider_start(&f.provider);
    if (loop_new(f.provider.ca, &f.loop) != ERR_OK)
        return -1;
    *state = &f;
    return 0;
}

static inline int loop_teardown(void **state)
{
    struct fixture *f = *state;

    loop_free(f->loop);
    provider_stop(&f->provider);
    egress_cleanup();
    return 0;
}

#endif
