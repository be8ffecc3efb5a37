/* One worker thread: accepts, lets the request be answered, sends, and begins again. */
#ifndef PARLEY_APP_HTTP_WORKER_H
#define PARLEY_APP_HTTP_WORKER_H

#include <pthread.h>
#include <stdatomic.h>

#include "parley/http/server.h"

/* What all workers of a server share. */
struct crew {
    int listen_fd;
    server_fn handle;
    server_done_fn done;
    void *arg;
    atomic_bool stopping;
    pthread_mutex_t lock; /* guards running_count and changes of seats_taken */
    pthread_cond_t gone;  /* a worker has ended, or the crew is to stop */
    int running_count;
    /* Only a thread with a seat takes requests; one that rests (server_rest) lends its seat to another. */
    pthread_cond_t seat_free;
    int seat_count;
    atomic_int seats_taken;
};

struct worker;

/* Starts a thread; crew->running_count goes up. ERR_NO_MEMORY: no memory, or no more threads. */
enum err worker_start(struct crew *crew, struct worker **ret_worker) MUST_CHECK;
/* Frees an ended worker. NULL is fine. */
void worker_free(struct worker *worker);

#endif
