/*
 * The loop: one thread that has every HTTP exchange which takes its time, such as answers that come word by word. A call
 * costs no thread and some ten kilobytes; https goes over HTTP/2 where the peer speaks it, many calls on one connection.
 *
 *   other threads  loop_post: has something done on the loop's thread, in order
 *   the loop's     loop_start, loop_cancel, timers; and all callbacks. None of them may block
 *
 * No redirects are followed, no proxy is taken from the environment, and no request is sent twice: what failed is the
 * caller's to repeat, who is told whether the peer can have worked on it (enum loop_fault). The address that a foreign url
 * leads to is judged before it is connected to, and again before a connection that is kept is used (parley/egress/guard.h).
 */
#ifndef PARLEY_EGRESS_LOOP_H
#define PARLEY_EGRESS_LOOP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "parley/core/err.h"
#include "parley/core/str.h"
#include "parley/egress/guard.h"

struct loop;

/*
 * Starts the thread. After egress_init.
 *   ca_file  CA certificates, PEM, that a TLS server must show; NULL or "": the system's. Copied
 * Caller frees with loop_free. ERR_OK or ERR_NO_MEMORY.
 */
enum err loop_new(const char *ca_file, struct loop **ret_loop) MUST_CHECK;
/*
 * Runs what was posted before, ends the thread and frees it. Calls that are still under way are dropped as by loop_cancel;
 * timers are forgotten. Not on the loop's thread. NULL is fine.
 */
void loop_free(struct loop *loop);

/* ---- from other threads ---- */

/* Part of what is posted. Lives until `run` is called, on the loop's thread; run may free it. */
struct loop_item {
    struct loop_item *next; /* the loop's */
    void (*run)(struct loop_item *item);
};

/* Any thread, the loop's included. Never blocks. What is posted while loop_free runs is run as well. */
void loop_post(struct loop *loop, struct loop_item *item);

/* ---- on the loop's thread: calls ---- */

/* Strings are copied; the body is borrowed until the call's end. */
struct loop_request {
    const char *url;            /* absolute, http or https, without user information */
    const char *const *headers; /* "Name: value", NULL-ended; NULL: none */
    struct str body;            /* in memory; or, where its ptr is NULL, */
    int body_fd;        /* a file that is read from its beginning by pread: the descriptor's offset is not moved */
    int64_t body_bytes; /* of the file; 0: the request has no body and is a GET. With a body it is a POST */
    bool http1;         /* HTTP/1.1 also where the peer would speak HTTP/2 */
    int connect_ms;     /* for name, connection and TLS, or until another's connection can be shared */
    enum egress_trust trust;
};

/* How a call ended. Which of them the peer cannot have worked on: loop_fault_is_untouched. */
enum loop_fault {
    LOOP_COMPLETE,  /* a whole reply came, whatever its status; one without a length ends where the connection does */
    LOOP_FORBIDDEN, /* the guard refused the address */
    LOOP_LOCAL,     /* this server's own: no memory, or the body's file cannot be read */
    LOOP_NAME,      /* the host's name cannot be resolved */
    LOOP_REFUSED,   /* no connection */
    LOOP_CONNECT_LATE, /* nor in connect_ms */
    LOOP_TLS,          /* none that is trusted */
    LOOP_NOT_TAKEN, /* the peer refused the stream (REFUSED_STREAM, GOAWAY: RFC 9113 §8.7), or a connection that had been
                          kept turned out dead as soon as it was used: the request was not worked on */
    LOOP_CUT,       /* the connection broke later */
};

struct loop_end {
    enum loop_fault fault;
    int status; /* 0: no reply began */
    const char
        *error_text; /* static; the end of a sentence about the peer, without names of hosts; NULL: LOOP_COMPLETE */
};

struct loop_sink {
    /* One header of the reply; NULL: nobody asks. Borrowed for the call. */
    void (*header)(void *arg, struct str name, struct str value);
    /* Bytes of its body, of any status, as they come. Borrowed for the call. */
    void (*body)(void *arg, int status, struct str bytes);
    /* Once, the last one; the call is gone then. Not after loop_cancel. */
    void (*end)(void *arg, const struct loop_end *end);
    void *arg;
};

struct loop_call;

/*
 * Starts a call. No callback comes before this function has returned.
 *   sink  copied
 * *ret_call is the loop's, until sink.end or loop_cancel. ERR_INVALID: an unusable url; ERR_FORBIDDEN: a foreign url with
 * a port that the guard does not allow; ERR_NO_MEMORY.
 */
enum err loop_start(struct loop *loop, const struct loop_request *request, const struct loop_sink *sink,
                    struct loop_call **ret_call) MUST_CHECK;
/*
 * Ends a call without another callback: its connection is closed, or its stream reset, within the loop's present turn.
 * In sink.header and sink.body only the call's own may be ended; elsewhere any.
 */
void loop_cancel(struct loop_call *call);

/* The request was not worked on, so it costs nothing to send it again. */
bool loop_fault_is_untouched(enum loop_fault fault);

/* ---- on the loop's thread: timers ---- */

/* The user's own, zeroed but for fn and arg. */
struct loop_timer {
    void (*fn)(void *arg);
    void *arg;
    int64_t at_us; /* monotonic clock; the loop's, as what follows */
    struct loop_timer *child, *next, *before;
    bool is_set;
};

/*
 * Has fn called once, at or after at_us of clock_monotonic_us; one that is set already is moved. Must be cleared before its
 * memory ends.
 */
void loop_timer_set(struct loop *loop, struct loop_timer *timer, int64_t at_us);
/* Fine on one that is not set. */
void loop_timer_clear(struct loop *loop, struct loop_timer *timer);

#endif
