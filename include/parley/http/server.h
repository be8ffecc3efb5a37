/*
 * The FastCGI side: one unix socket, a pool of worker threads, each with one request at a time and one arena.
 */
#ifndef PARLEY_HTTP_SERVER_H
#define PARLEY_HTTP_SERVER_H

#include "parley/core/arena.h"
#include "parley/http/handover.h"
#include "parley/http/reply.h"
#include "parley/http/request.h"

struct server;

/*
 * Answers one request: fills the reply; one that is handed over has reply->handover. Called on a worker thread; the arena
 * is reset after the reply has been sent.
 */
typedef void (*server_fn)(void *arg, struct http_request *req, struct arena *a, struct reply *reply);
/* Called after the reply was sent (or could not be: ERR_CLIENT_GONE), for the log line. Before the arena is reset. */
typedef void (*server_done_fn)(void *arg, struct http_request *req, struct arena *a, const struct reply *reply,
                               enum err sent, int64_t took_us);

/*
 * Called instead, for a reply that is handed over: the connection is whole (fd, request_id) and the taker's from now on.
 * The request and its parameters are gone, the arena is there until this returns.
 */
typedef void (*server_take_fn)(void *arg, const struct handover *handover);

struct server_opts {
    const char *socket_path; /* at most 107 bytes */
    int backlog;
    int worker_count;    /* requests that run at once */
    int yielding_max;    /* further requests that may yield at once: a thread each */
    int processor_count; /* of those that run, how many compute at once, as far as possible (core/blocking.h) */
    server_fn handle;
    server_done_fn done;
    server_take_fn take; /* may be NULL where no reply is handed over */
    void *arg;
};

/*
 * Takes the socket that a supervisor has passed (LISTEN_FDS), or binds one (mode 0660) under a lock file beside it, so that
 * a living server's socket is never taken over, and starts the workers. ret_error_text: one line. A socket of its own is removed by server_free.
 */
enum err server_new(const struct server_opts *opts, struct buf *ret_error_text, struct server **ret_server) MUST_CHECK;
/*
 * Takes no new requests and waits until those under way have ended, at most STOP_MAX_S. Any thread but a worker.
 * ERR_TIMEOUT: some still run, so nothing that they use may be freed.
 */
enum err server_stop(struct server *server);
void server_free(struct server *server);

/* What its threads are doing at the moment. */
struct server_stats {
    int64_t sleeping_count, accepting_count;
    int64_t running_count, blocked_count; /* with a request, computing or waiting for something */
    int64_t yielding_count;               /* with one that does not count (server_yield_begin) */
    int64_t busy_max;                     /* requests that run at once: worker_count */
};
/* Any thread. */
void server_stats(struct server *server, struct server_stats *ret_stats);

/*
 * Between the two, the request of this worker thread yields: it waits for something slow that is bounded elsewhere (a
 * password's hash) and does not count towards worker_count, so another thread may accept requests meanwhile. Without it
 * a few sign-ins would stop the server. Yields do not nest. On any other thread nothing happens, and NULL is returned.
 */
void *server_yield_begin(void);
void server_yield_end(void);
/* Whether the client of a request that yields has closed its connection. yield: what server_yield_begin gave. Any thread. */
bool server_client_gone(void *yield);

#endif
