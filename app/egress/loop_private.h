/* The inside of the loop: its thread (loop.c), its calls (loop_call.c), and what curl is told and asks of each (loop_transfer.c). */
#ifndef PARLEY_APP_EGRESS_LOOP_PRIVATE_H
#define PARLEY_APP_EGRESS_LOOP_PRIVATE_H

#include <curl/curl.h>
#include <pthread.h>

#include "parley/egress/loop.h"
#include "socket_table.h"
#include "timer_heap.h"

struct loop_call {
    struct loop *loop;
    struct loop_call *next, **link; /* of loop->fresh or loop->running */
    struct loop_sink sink;
    CURL *curl;
    CURLU *url;
    struct curl_slist *headers; /* with keys: wiped */
    int body_fd;
    int64_t body_bytes, read_bytes;
    enum egress_trust trust;
    struct loop_timer late;  /* until it is connected */
    const void *session;     /* of TLS, once its request is sent: with HTTP/2, that of others too; NULL: none */
    int64_t sent_us;         /* when its request began to be sent; 0: not yet */
    bool on_kept_connection; /* it was not opened for this call */
    bool again;              /* curl wanted to send it a second time */
    bool cancelled;
    enum loop_fault own_fault; /* what a callback of ours ended it for; LOOP_COMPLETE: nothing */
};

struct loop {
    CURLM *multi;
    char *ca_file; /* NULL: the system's */
    pthread_t thread;

    pthread_mutex_t lock; /* guards what follows */
    struct loop_item *items, **items_end;

    /* ---- the thread's own ---- */
    struct timer_heap timers;
    struct socket_table sockets;
    struct loop_call *fresh;     /* not given to curl yet: within its callbacks it takes nothing */
    struct loop_call *running;   /* given to curl */
    struct loop_call *cancelled; /* the one that was cancelled in its own callback; by next */
    struct loop_item stop_item;
    const struct loop_call *called_back; /* whose callback runs inside curl; NULL: none */
    bool stops;
};

/* Makes ready what curl needs; what there is of it is freed with the call, also after a failure. As loop_start. */
enum err loop_transfer_prepare(struct loop_call *call, const struct loop_request *request) MUST_CHECK;

/* Gives curl what was started. Outside its callbacks, as all that follows. */
void loop_call_add_fresh(struct loop *loop);
/* Ends a list's calls. */
void loop_call_break_all(struct loop_call **list);
/* Tells the sinks of calls that have ended. */
void loop_call_tell_ended(struct loop *loop);

#endif
