#include "parley/http/server.h"

#include <fcgiapp.h>
#include <signal.h>
#include <sys/resource.h>

#include "listen.h"
#include "parley/core/limits.h"
#include "worker.h"

struct server {
    struct listener listener;
    struct worker_pool pool;
    struct server_opts opts;
    int worker_count;
    struct worker *workers[];
};

/* Every waiting request and every stream holds a descriptor; the usual soft limit of 1,024 would end streams early. */
static void raise_descriptor_limit(void)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < limit.rlim_max) {
        limit.rlim_cur = limit.rlim_max;
        (void)setrlimit(RLIMIT_NOFILE, &limit);
    }
}

static enum err workers_start(struct server *server, int count, struct buf *ret_error_text)
{
    for (int i = 0; i < count; i++) {
        enum err e = worker_start(&server->pool, &server->opts, i, &server->workers[i]);
        if (e != ERR_OK) {
            buf_addf(ret_error_text, "WORKERS: only %d of %d threads could be started", i, count);
            return e;
        }
        server->worker_count++;
    }
    return ERR_OK;
}

enum err server_new(const struct server_opts *opts, struct buf *ret_error_text, struct server **ret_server)
{
    struct server *server;
    int thread_count;
    enum err e;

    raise_descriptor_limit();
    if (FCGX_Init() != 0) {
        buf_add_c(ret_error_text, "libfcgi does not start");
        return ERR_INTERNAL;
    }
    signal(SIGPIPE, SIG_IGN);
    thread_count = opts->worker_count + opts->yielding_max;
    server = calloc(1, sizeof(*server) + (size_t)thread_count * sizeof(server->workers[0]));
    if (server == NULL)
        return ERR_NO_MEMORY;
    server->opts = *opts;
    e = listener_passed(ret_error_text, &server->listener);
    if (e == ERR_NOT_FOUND)
        e = listener_open(opts->socket_path, opts->backlog, ret_error_text, &server->listener);
    if (e != ERR_OK) {
        free(server);
        return e;
    }
    e = worker_pool_init(&server->pool, &(struct worker_pool_opts){ .listen_fd = server->listener.fd,
                                                                    .stop_fd = server->listener.stop_fd,
                                                                    .worker_count = opts->worker_count,
                                                                    .processor_count = opts->processor_count });
    if (e != ERR_OK) {
        listener_close(&server->listener);
        free(server);
        return e;
    }
    e = workers_start(server, thread_count, ret_error_text);
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
    worker_pool_stop(&server->pool);
    listener_shut(&server->listener);
    return worker_pool_wait_gone(&server->pool, STOP_MAX_S) ? ERR_OK : ERR_TIMEOUT;
}

void server_stats(struct server *server, struct server_stats *ret_stats)
{
    worker_pool_stats(&server->pool, ret_stats);
}

/* Frees nothing while a worker that did not end in time still uses it; the process ends anyway. */
void server_free(struct server *server)
{
    if (server == NULL)
        return;
    if (!worker_pool_wait_gone(&server->pool, 0))
        return;
    for (int i = 0; i < server->worker_count; i++)
        worker_free(server->workers[i]);
    worker_pool_destroy(&server->pool);
    listener_close(&server->listener);
    free(server);
}
