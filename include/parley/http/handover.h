/*
 * A connection that a worker gives away: an open stream, or a request that is answered later. The worker goes on to the
 * next request at once; whoever takes the connection writes all that follows and ends it. Here are the values that change
 * hands and what is written; who waits for what is the taker's own affair. Tried with libfcgi 2.4.2 and nginx 1.22:
 *
 *   handler      reply_stream or reply_park, after every refusal has been decided
 *   gate         the values below: line, head, hold
 *   worker       reads the body to its end, writes and flushes the head (STREAM), forgets the descriptor
 *   taker        take(): copies what it needs; from now on only it writes: whole STDOUT records, partial writes
 *                remembered, fcgi_record_end or fcgi_record_abort, then handover_end
 *
 * A client that leaves shows as EOF on the descriptor: EPOLLRDHUP, within some milliseconds, by HTTP/1.1 and HTTP/2.
 * nginx takes a connection that ends without END_REQUEST for complete, so a stream's last event says that it is the last.
 */
#ifndef PARLEY_HTTP_HANDOVER_H
#define PARLEY_HTTP_HANDOVER_H

#include <stddef.h>
#include <stdint.h>

#include "parley/core/buf.h"
#include "parley/core/str.h"
#include "parley/http/access_line.h"
#include "parley/http/reply.h"
#include "parley/http/request.h"

/* What lasts as long as the request does: its place among uploads and the idempotency keys in flight. */
struct handover_hold {
    void (*release)(void *arg); /* any thread; NULL: nothing is held */
    void *arg;
};

/*
 * A connection, as plain data. Copied by value it stays good until handover_end, but for head and subject, which are
 * borrowed until take() returns.
 */
struct handover {
    enum reply_way way; /* STREAM or PARKED */
    enum method method;
    int fd;              /* the taker's own; does not block; nothing more is read from it but its end */
    uint16_t request_id; /* FastCGI's; of nginx always 1 */
    int64_t began_us;    /* on the monotonic clock */
    struct access_line line;
    struct handover_hold hold;
    struct str head;     /* PARKED: the header lines that the gate has made; STREAM: absent, they are sent */
    const void *subject; /* what the handler has left: reply_stream, reply_park */
};

/* Takes a connection; never blocks and never refuses. On a worker's thread. */
struct handover_taker {
    void (*take)(void *arg, const struct handover *handover);
    void *arg;
};

/* ---- what is written ---- */

/* A request that is answered later. */
struct parked {
    struct handover connection;
    int64_t deadline_us;     /* monotonic; when it is answered in any case. The taker's to fill in, as are… */
    void (*gone)(void *arg); /* …called when the client leaves before the answer… */
    void *gone_arg;          /* …and that one's argument */
    size_t head_len;
    char head[];
};

/* In take(): a copy with its head. NULL without memory. The caller frees it with free(), when the connection has ended. */
struct parked *parked_new(const struct handover *handover);
/*
 * The whole answer as records, END_REQUEST included, appended to out; status and code go into the log's line.
 *   code          of errors.def, "ok" for none; static
 *   content_type  static; body "": neither of the two is sent
 */
struct parked_answer {
    int status;
    const char *code;
    const char *content_type;
    struct str body;
};
void parked_reply(struct parked *parked, const struct parked_answer *answer, struct buf *out);
/*
 * The request becomes a stream: its head (200, not buffered by nginx) as records, appended to out. What follows is
 * written as for every stream, of which parked->connection is the value.
 */
void parked_stream(struct parked *parked, const char *content_type, struct buf *out);

/*
 * The end, once the last record is written or cannot be: closes the descriptor, lets go what the request held, and writes
 * the line of the log. reason: a word or two, static; sent_bytes: as the taker counts them.
 */
void handover_end(const struct handover *handover, int64_t sent_bytes, const char *reason);

#endif
