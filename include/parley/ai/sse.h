/*
 * Event streams (WHATWG HTML, "Server-sent events"), read as their writers really write them: lines end in LF, CRLF or CR, also
 * across reads; "data:" with or without a blank; several data lines join by LF; comments, ids and retry times are passed over; a
 * byte order mark in front is ignored; a line "error:" is an event of that name; a last event without a blank line counts. Bytes
 * are never split inside a line, so characters never are.
 */
#ifndef PARLEY_AI_SSE_H
#define PARLEY_AI_SSE_H

#include <stdbool.h>
#include <stddef.h>

#include "parley/core/buf.h"
#include "parley/core/err.h"
#include "parley/core/str.h"

enum { SSE_NAME_MAX_BYTES = 64 }; /* what is longer of an event's name is cut */

/* One event. event: its name, empty where it has none; data: any bytes. Both borrowed for the call. An error ends the reading. */
typedef enum err (*sse_fn)(void *arg, struct str event, struct str data);

/* One stream. The fields are sse.c's own. */
struct sse {
    struct buf line; /* a line whose end has not come */
    struct buf data;
    char name[SSE_NAME_MAX_BYTES];
    size_t name_len;
    bool has_data;
    bool after_cr; /* an LF that comes first belongs to the line before */
    bool has_begun;
    sse_fn fn;
    void *arg;
};

/* fn and arg: told of each event that has data. Allocates nothing. */
void sse_init(struct sse *sse, sse_fn fn, void *arg);
/* Frees the memory. Fine on a zeroed one. */
void sse_release(struct sse *sse);

/*
 * Reads on. ERR_OK; ERR_TOO_LARGE for a line or an event over AI_EVENT_MAX_BYTES; ERR_NO_MEMORY; or the error of fn. After an error
 * nothing more may be read.
 */
enum err sse_add(struct sse *sse, struct str bytes) MUST_CHECK;
/* The stream is over: the last line and the last event count without the ends that they lack. Errors as of sse_add. */
enum err sse_end(struct sse *sse) MUST_CHECK;

#endif
