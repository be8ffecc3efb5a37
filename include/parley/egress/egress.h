/*
 * The only way out: HTTP requests through libcurl. Each call blocks its thread. No redirects are followed, no proxy is
 * taken from the environment, no protocol but http and https is spoken, and where a stranger named the host the address
 * that is really connected to is judged first (parley/egress/guard.h).
 */
#ifndef PARLEY_EGRESS_EGRESS_H
#define PARLEY_EGRESS_EGRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "parley/core/buf.h"
#include "parley/core/err.h"
#include "parley/core/str.h"
#include "parley/egress/guard.h"

/* Once, before the first thread. ERR_OK or ERR_NO_MEMORY. */
enum err egress_init(void) MUST_CHECK;
/* Once, after the last thread. */
void egress_cleanup(void);

/* Idle connections, kept for the next request to the same host. */
struct egress;

struct egress_opts {
    const char *ca_file; /* CA certificates, PEM, that a TLS server must show; NULL or "": the system's. Copied. */
    int idle_max;        /* connections kept while idle, 1 … EGRESS_IDLE_MAX */
};

/* Caller frees with egress_free. ERR_OK or ERR_NO_MEMORY. */
enum err egress_new(const struct egress_opts *opts, struct egress **ret_egress) MUST_CHECK;
/* Closes what is idle; no request may be under way. NULL is fine. */
void egress_free(struct egress *egress);

/* Gives the next bytes of a body; *ret_len 0 before its end, or an error, ends the request. */
typedef enum err (*egress_source_fn)(void *arg, void *bytes, size_t room_bytes, size_t *ret_len);
/* Takes bytes of a reply; an error ends the request and is returned by it. */
typedef enum err (*egress_sink_fn)(void *arg, const void *bytes, size_t len);
/* Takes one header of the reply; name and value are borrowed for the call. */
typedef void (*egress_header_fn)(void *arg, struct str name, struct str value);

/* All is borrowed for the call. */
struct egress_request {
    const char *method;
    const char *url; /* absolute, http or https, without user information */
    const char *const *
        headers; /* "Name: value", NULL-ended; "Name;" for an empty value. NULL: none. Host and Content-Length come from the url and the body */
    struct str body;         /* a body in memory, which may be sent a second time on a connection that had died; or */
    egress_source_fn source; /* a body that streams: exactly body_bytes long */
    void *source_arg;
    int64_t body_bytes;
    egress_sink_fn sink; /* takes the body of a 2xx; NULL: it is kept in the reply like that of any other status */
    void *sink_arg;
    egress_header_fn header; /* NULL: nobody asks */
    void *header_arg;
    bool fresh; /* on a connection of its own: a kept one may have died, and curl would send it a second time */
    int connect_timeout_ms;
    int total_timeout_ms; /* 0: only the connection, and silence, are limited */
    int silent_max_s;     /* a peer that moves no byte for longer is given up; 0: EGRESS_SILENT_MAX_S */
    enum egress_trust trust;
};

struct egress_reply {
    int status;             /* 0 when none came */
    struct buf body;        /* at most EGRESS_KEPT_BODY_BYTES; more is ERR_TOO_LARGE */
    const char *error_text; /* static; why there is no reply, without names of hosts; NULL when there is one */
    bool body_untouched;    /* nothing has been taken from the source or given to the sink: it can be asked again */
};

/* Prepares an empty reply; release it after use, also after a failure. */
void egress_reply_init(struct egress_reply *reply);
void egress_reply_release(struct egress_reply *reply);

/*
 * Runs one request. ERR_OK when a whole reply came, whatever its status; ERR_UNAVAILABLE when not (reply->fault says why);
 * ERR_FORBIDDEN when the guard refused the address; ERR_INVALID for an unusable url; ERR_TOO_LARGE; ERR_NO_MEMORY; or the
 * error of the source or the sink. Any thread.
 */
enum err egress_run(struct egress *egress, const struct egress_request *request, struct egress_reply *reply) MUST_CHECK;

#endif
