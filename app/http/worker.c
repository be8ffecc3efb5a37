#include "worker.h"

#include <errno.h>
#include <fcgiapp.h>
#include <poll.h>
#include <sys/socket.h>

#include "fcgi_send.h"
#include "parley/core/blocking.h"
#include "parley/core/clock.h"
#include "parley/core/limits.h"
#include "parley/core/thread.h"
#include "request_private.h"

enum {
    HEAD_MAX_BYTES = 32 * 1024,
    BACKOFF_MS = 50, /* after EMFILE: by then another request has ended and freed its descriptor */
};

struct worker {
    const struct server_opts *opts;
    int number;
    struct worker_slot slot;
    pthread_t thread;
    FCGX_Request fcgi;
    struct http_request request;
    struct arena *arena;
    struct reply reply;
    struct buf head;
    bool read_timed;
};

/* The next byte, or a negative number; waits where none is there yet. */
static int body_byte(FCGX_Stream *in)
{
    int byte;

    if (in->rdNext < in->stop)
        return FCGX_GetChar(in);
    blocking_begin();
    byte = FCGX_GetChar(in);
    blocking_end();
    return byte;
}

/*
 * What has come, up to room_bytes; waits only when nothing has. FCGX_GetStr alone would wait until all of room_bytes are
 * there. nginx has most bodies complete before it connects, so the time limit is for those that it passes on as they come.
 */
static enum err body_read(void *arg, void *bytes, size_t room_bytes, size_t *ret_len)
{
    struct worker *w = arg;
    FCGX_Stream *in = w->fcgi.in;
    size_t ready;
    int first;

    if (!w->read_timed) {
        fcgi_set_timeout(w->fcgi.ipcFd, SO_RCVTIMEO, BODY_IDLE_MAX_S);
        w->read_timed = true;
    }
    first = body_byte(in);
    if (first < 0) {
        int error = FCGX_GetError(in);
        *ret_len = 0;
        return error == EAGAIN || error == EWOULDBLOCK ? ERR_TIMEOUT : ERR_OK;
    }
    *(unsigned char *)bytes = (unsigned char)first;
    ready = (size_t)(in->stop - in->rdNext);
    if (ready > room_bytes - 1)
        ready = room_bytes - 1;
    *ret_len = 1 + (ready > 0 ? (size_t)FCGX_GetStr((char *)bytes + 1, (int)ready, in) : 0);
    return ERR_OK;
}

/* Where the body has been taken in, the record that ends it is the last that nginx sends. */
static bool has_heard_all(struct worker *w)
{
    return w->request.body_taken_bytes == w->request.content_length_bytes && FCGX_GetChar(w->fcgi.in) < 0 &&
           FCGX_GetError(w->fcgi.in) == 0;
}

/*
 * libfcgi waits until nginx has closed the connection, since closing one on which something still comes would tear away
 * what has been written. Where nothing comes any more there is nothing to wait for: unix(7) delivers what was written.
 */
static void finish(struct worker *w)
{
    /* A connection that was broken off is closed already. */
    if (w->fcgi.in != NULL && has_heard_all(w))
        (void)FCGX_Detach(&w->fcgi);
    /* All that is to be said has been; FCGX_Finish_r would say the end once more. */
    FCGX_Free(&w->fcgi, !w->fcgi.keepConnection);
}

static enum err reply_send(struct worker *w)
{
    if (w->reply.way == REPLY_WHOLE)
        return fcgi_send_whole(&w->fcgi, &w->reply, w->request.method, &w->head);
    if (w->reply.way == REPLY_PAGED)
        return fcgi_send_pieces(&w->fcgi, &w->reply, w->request.method, &w->head);
    return fcgi_hand_over(&w->fcgi, &w->reply, &w->head, w->reply.handover);
}

static void reply_forget(struct worker *w)
{
    arena_reset(w->arena);
    if (w->reply.body.room_bytes > REPLY_KEPT_BYTES)
        buf_release(&w->reply.body);
}

static void answer(struct worker *w)
{
    const struct server_opts *opts = w->opts;
    int64_t start_us = clock_monotonic_us();
    enum err sent;

    w->read_timed = false;
    request_init(&w->request, w->fcgi.envp, body_read, w);
    w->request.worker = w->number;
    reply_init(&w->reply);
    opts->handle(opts->arg, &w->request, w->arena, &w->reply);
    sent = reply_send(w);
    if (sent == ERR_OK && reply_is_handed_over(&w->reply)) {
        w->reply.handover->began_us = start_us;
        opts->take(opts->arg, w->reply.handover);
    } else {
        if (opts->done != NULL)
            opts->done(opts->arg, &w->request, w->arena, &w->reply, sent, clock_monotonic_us() - start_us);
        finish(w);
    }
    reply_forget(w);
}

/* The worker of this thread; NULL on other threads. */
static _Thread_local struct worker *self;

void *server_yield_begin(void)
{
    if (self != NULL)
        worker_pool_set_state(&self->slot, WORKER_PARKED);
    return self;
}

/* Goes on at once, even where more than worker_count requests run for a moment. */
void server_yield_end(void)
{
    if (self != NULL)
        worker_pool_set_state(&self->slot, WORKER_RUNNING);
}

static void begin_blocking(void *arg)
{
    worker_pool_set_state(arg, WORKER_BLOCKED);
}

static void end_blocking(void *arg)
{
    worker_pool_set_state(arg, WORKER_RUNNING);
}

bool server_client_gone(void *yield)
{
    const struct worker *w = yield;
    struct pollfd polled = { .events = POLLRDHUP };

    if (w == NULL)
        return false;
    polled.fd = w->fcgi.ipcFd;
    return poll(&polled, 1, 0) > 0;
}

/* A socket that was passed is not shut down at the end: whoever waits for it waits for the stop as well. */
static void connection_await(const struct worker_pool *pool)
{
    struct pollfd polled[] = { { .fd = pool->opts.listen_fd, .events = POLLIN },
                               { .fd = pool->opts.stop_fd, .events = POLLIN } };

    if (pool->opts.stop_fd >= 0)
        (void)poll(polled, COUNT_OF(polled), -1);
}

static void *run(void *arg)
{
    struct worker *w = arg;
    const struct blocking_hooks hooks = { begin_blocking, end_blocking, &w->slot };

    self = w;
    blocking_hooks_set(&hooks);
    while (worker_pool_accept(&w->slot)) {
        bool accepted;
        int error;

        connection_await(w->slot.pool);
        accepted = FCGX_Accept_r(&w->fcgi) == 0;
        error = errno;
        worker_pool_set_state(&w->slot, WORKER_RUNNING);
        if (accepted)
            answer(w);
        else if (w->slot.pool->opts.stop_fd < 0 || error != EAGAIN) /* another took it, of a socket that was passed */
            worker_pool_pause(w->slot.pool, BACKOFF_MS);
    }
    FCGX_Free(&w->fcgi, 1);
    worker_pool_leave(&w->slot);
    return NULL;
}

enum err worker_start(struct worker_pool *pool, const struct server_opts *opts, int number, struct worker **ret_worker)
{
    struct worker *w = calloc(1, sizeof(*w));
    enum err e = ERR_NO_MEMORY;

    if (w == NULL)
        return ERR_NO_MEMORY;
    w->opts = opts;
    w->number = number;
    buf_init(&w->head, HEAD_MAX_BYTES);
    buf_init(&w->reply.body, REPLY_MAX_BYTES);
    w->arena = arena_new(REQUEST_ARENA_BYTES);
    if (w->arena != NULL && FCGX_InitRequest(&w->fcgi, pool->opts.listen_fd, 0) == 0) {
        worker_pool_enlist(pool, &w->slot);
        e = thread_start(WORKER_STACK_BYTES, run, w, &w->thread);
        if (e == ERR_OK) {
            *ret_worker = w;
            return ERR_OK;
        }
        worker_pool_leave(&w->slot);
        worker_pool_forget(&w->slot);
    }
    arena_free(w->arena);
    free(w);
    return e;
}

void worker_free(struct worker *w)
{
    if (w == NULL)
        return;
    pthread_join(w->thread, NULL);
    worker_pool_forget(&w->slot);
    arena_free(w->arena);
    buf_release(&w->reply.body);
    buf_release(&w->head);
    free(w);
}
