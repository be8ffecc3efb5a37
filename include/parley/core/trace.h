/*
 * Trace context (W3C Trace Context): which trace the work of a thread belongs to, so that the logs of whoever asked us, our own
 * and those of whom we ask can be put together. nginx gives us what a trusted proxy has sent and nothing of strangers
 * (nginx/render); a request without one belongs to none, and we begin none.
 *
 *     if (trace_read(parent, state, &trace) == ERR_OK)
 *         trace_begin(&trace);            every line of the log from now on has trace_id and span_id
 *     …
 *     trace_headers(trace_current(), &headers);   of a request that goes out: a child of ours
 *
 * Work that goes on elsewhere takes a copy along: another thread begins it there, a row keeps trace_write's text. Any thread.
 */
#ifndef PARLEY_CORE_TRACE_H
#define PARLEY_CORE_TRACE_H

#include <stdint.h>

#include "parley/core/err.h"
#include "parley/core/str.h"

enum {
    TRACE_ID_BYTES = 16,
    TRACE_SPAN_BYTES = 8,
    TRACE_ID_TEXT_BYTES = 2 * TRACE_ID_BYTES + 1,
    TRACE_SPAN_TEXT_BYTES = 2 * TRACE_SPAN_BYTES + 1,
    TRACE_PARENT_TEXT_BYTES = 56,                    /* "00-…-…-01" */
    TRACE_STATE_MAX_BYTES = 512,                     /* what everybody has to pass on (§3.3.1.5) */
    TRACE_HEADER_BYTES = TRACE_STATE_MAX_BYTES + 16, /* with its name */
};

struct trace {
    uint8_t id[TRACE_ID_BYTES];
    uint8_t span[TRACE_SPAN_BYTES];        /* our own, a child of whoever asked us */
    uint8_t flags;                         /* of those that are known: sampled, random */
    char state[TRACE_STATE_MAX_BYTES + 1]; /* tracestate as it came; "": none */
};

/*
 * parent: a traceparent of any version but ff; state: a tracestate, which is left out where it is too long or makes no sense.
 * Both may be absent. A span of our own is made. ERR_INVALID: there is no parent, or it is malformed; *ret_trace is untouched.
 */
enum err trace_read(struct str parent, struct str state, struct trace *ret_trace) MUST_CHECK;

/* What the thread works for from now on; copied. NULL: nothing. */
void trace_begin(const struct trace *trace);
/* The thread's, until its next trace_begin; NULL: none. */
const struct trace *trace_current(void);

/* As a traceparent that names our span. */
void trace_write(const struct trace *trace, char ret_text[TRACE_PARENT_TEXT_BYTES]);
void trace_write_ids(const struct trace *trace, char ret_id[TRACE_ID_TEXT_BYTES], char ret_span[TRACE_SPAN_TEXT_BYTES]);

/* Whole lines of an outgoing request ("traceparent: …"), with a span of its own, each time another; "": there is none. */
struct trace_headers {
    char parent[TRACE_HEADER_BYTES];
    char state[TRACE_HEADER_BYTES];
};
/* trace: NULL: both are "". */
void trace_headers(const struct trace *trace, struct trace_headers *ret_headers);

#endif
