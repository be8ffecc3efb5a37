#include "parley/http/server.h"

#include <fcgiapp.h>
#include <signal.h>
#include <sys/resource.h>

#include "listen.h"
#include "parley/core/limits.h"
#include "worker.h"

struct server {
    struct listener listener;
    struct crew crew;
    int worker_count;
    struct worker *workers[];
};

/* Every waiting request and stream is a descriptor. */
static void raise_descriptor_limit(void)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < limit.rlim_max) {
        limit.rlim_cur = limit.rlim_max;
        (void)setrlimit(RLIMIT_NOFILE, &limit);
    }
}

static void crew_init(struct crew *crew, const struct server_opts *opts, int listen_fd)
{
    pthread_condattr_t attributes;

    crew->listen_fd = listen_fd;
    crew->handle = opts->handle;
    crew->done = opts->done;
    crew->arg = opts->arg;
    atomic_init(&crew->stopping, false);
    pthread_mutex_init(&crew->lock, NULL);
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&crew->gone, &attributes);
    pthread_condattr_destroy(&attributes);
    pthread_cond_init(&crew->seat_free, NULL);
    crew->seat_count = opts->worker_count;
    atomic_init(&crew->seats_taken, 0);
}

static enum err workers_start(struct server *server, int count, struct buf *ret_fault)
{
    for (int i = 0; i < count; i++) {
        enum err e = worker_start(&server->crew, &server->workers[i]);
        if (e != ERR_OK) {
            buf_addf(ret_fault, "WORKERS: only %d of %d threads could be started", i, count);
            return e;
        }
        server->worker_count++;
    }
    return ERR_OK;
}

enum err server_new(const struct server_opts *opts, struct buf *ret_fault, struct server **ret_server)
{
    struct server *server;
    int thread_count;
    enum err e;

    raise_descriptor_limit();
    if (FCGX_Init() != 0) {
        buf_add_c(ret_fault, "libfcgi does not start");
        return ERR_INTERNAL;
    }
    signal(SIGPIPE, SIG_IGN);
    thread_count = opts->worker_count + opts->resting_max;
    server = calloc(1, sizeof(*server) + (size_t)thread_count * sizeof(server->workers[0]));
    if (server == NULL)
        return ERR_NO_MEMORY;
    e = listener_open(opts->socket_path, opts->backlog, ret_fault, &server->listener);
    if (e != ERR_OK) {
        free(server);
        return e;
    }
    crew_init(&server->crew, opts, server->listener.fd);
    e = workers_start(server, thread_count, ret_fault);
    if (e != ERR_OK) {
        server_stop(server);
        server_free(server);
        return e;
    }
    *ret_server = server;
    return ERR_OK;
}

enum err server_stop(struct server *server)
{
    struct crew *crew = &server->crew;
    struct timespec until;
    int waited = 0;

    atomic_store(&crew->stopping, true);
    listener_shut(&server->listener);
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += STOP_MAX_S;
    pthread_mutex_lock(&crew->lock);
    pthread_cond_broadcast(&crew->gone);
    pthread_cond_broadcast(&crew->seat_free);
    while (crew->running_count > 0 && waited == 0)
        waited = pthread_cond_timedwait(&crew->gone, &crew->lock, &until);
    pthread_mutex_unlock(&crew->lock);
    return waited == 0 ? ERR_OK : ERR_TIMEOUT;
}

/* A worker that has not ended in time still uses all this, and the process ends anyway. */
static bool somebody_runs(struct crew *crew)
{
    bool running;

    pthread_mutex_lock(&crew->lock);
    running = crew->running_count > 0;
    pthread_mutex_unlock(&crew->lock);
    return running;
}

void server_free(struct server *server)
{
    if (server == NULL)
        return;
    if (somebody_runs(&server->crew))
        return;
    for (int i = 0; i < server->worker_count; i++)
        worker_free(server->workers[i]);
    listener_close(&server->listener);
    pthread_mutex_destroy(&server->crew.lock);
    pthread_cond_destroy(&server->crew.gone);
    pthread_cond_destroy(&server->crew.seat_free);
    free(server);
}
