/* One worker thread: accepts, lets the request be answered, sends, and begins again. */
#ifndef PARLEY_APP_HTTP_WORKER_H
#define PARLEY_APP_HTTP_WORKER_H

#include "parley/http/server.h"
#include "worker_pool.h"

struct worker;

/* Starts a thread of the pool. opts: borrowed until worker_free; number: http_worker. ERR_NO_MEMORY: no memory, or no more threads. */
enum err worker_start(struct worker_pool *pool, const struct server_opts *opts, int number,
                      struct worker **ret_worker) MUST_CHECK;
/* Frees an ended worker. NULL is fine. */
void worker_free(struct worker *worker);

#endif
