/*
 * The one line of the log that each request gets, as a value of its own: a request whose connection is handed over gets
 * it when the stream has ended, long after its arena and its parameters are gone.
 */
#ifndef PARLEY_HTTP_ACCESS_LINE_H
#define PARLEY_HTTP_ACCESS_LINE_H

#include <stdint.h>

#include "parley/core/ctx.h"
#include "parley/core/ids.h"
#include "parley/core/limits.h"
#include "parley/core/log.h"

struct access_line {
    char request_id[REQUEST_ID_BYTES];
    const char *method, *route;        /* static; the route as its row has it, "-": none was found */
    struct uuid user;                  /* zero: nobody was signed in */
    char ip[CLIENT_ADDRESS_MAX_BYTES]; /* of the client; "": it is not to be logged */
    int status;
    const char *code; /* of errors.def; static */
    enum log_level level;
    uint32_t arena_bytes, statement_count;
};

/* A request that was answered at once, in so many microseconds. */
void access_line_log(const struct access_line *line, int64_t took_us);
/*
 * One whose connection was handed over: with the bytes that were written to it since, and the reason for its end in a
 * word or two ("done", "client gone", "restart").
 */
void access_line_log_handed_over(const struct access_line *line, int64_t took_us, int64_t sent_bytes,
                                 const char *reason);

#endif
