/*
 * The answer to a request: status, headers, and a body in one of four ways. The gate sends it; a handler only fills it
 * in. Lives as long as its request.
 */
#ifndef PARLEY_HTTP_REPLY_H
#define PARLEY_HTTP_REPLY_H

#include "parley/core/arena.h"
#include "parley/core/buf.h"
#include "parley/core/err.h"
#include "parley/core/json_out.h"

enum { REPLY_HEADERS_MAX = 24 };

struct reply_header {
    const char *name;  /* static */
    const char *value; /* static or in the request arena; no control characters (reply_header refuses) */
};

enum reply_way {
    REPLY_WHOLE,  /* body is all of it, and is sent with its length */
    REPLY_PAGED,  /* body is the first piece, and `source` is asked for the others; sent without a length */
    REPLY_STREAM, /* the head and what is in body are sent, then the connection is handed over (http/handover.h) */
    REPLY_PARKED, /* nothing is sent: whoever the connection is handed over to answers later */
};

struct reply;

/*
 * Where the further pieces of a PAGED reply come from. next puts one into reply->body, which is empty then.
 *   a         memory for the making of the piece, reset behind it; the request's own arena stays as it is
 *   ret_more  whether there is another piece behind this one
 * It holds no connection of the database when it returns: what it has made is written to a client that may be slow. An
 * error breaks the transfer off, so that the client sees that something is missing.
 */
struct reply_source {
    enum err (*next)(void *arg, struct arena *a, struct reply *reply, bool *ret_more);
    void *arg;
};

struct handover;

struct reply {
    int status;               /* 200 until said otherwise */
    enum reply_way way;       /* REPLY_WHOLE until said otherwise */
    const char *content_type; /* "application/json" until said otherwise; not sent without a body */
    struct buf body;
    struct json_out json; /* writes into body */
    int64_t version;      /* of the one thing that the body names: the gate makes an ETag of it and the body; 0: none */
    struct reply_source source; /* PAGED */
    const void *subject;        /* STREAM and PARKED: see reply_stream */
    struct handover *handover;  /* STREAM and PARKED: all but the connection, in the request arena; the gate makes it */
    size_t header_count;
    struct reply_header headers[REPLY_HEADERS_MAX];
};

/* 200, WHOLE, application/json, no headers, empty body; the body's buf must have been initialised. */
void reply_init(struct reply *reply);
/*
 * Adds a header, or replaces the one with that name. A value with control characters, or a 25th header, is dropped and
 * asserted. NULL (the arena is full: arena_printf) adds nothing.
 */
void reply_header(struct reply *reply, const char *name, const char *value);
bool reply_has_header(const struct reply *reply, const char *name);
/* The headers so far as lines, each with its line end, appended. */
void reply_header_lines(const struct reply *reply, struct buf *out);

/* Makes it PAGED, for when the first piece is in its body and there are others. */
void reply_pieces(struct reply *reply, struct reply_source source);
/*
 * Makes it a STREAM: when the handler has returned, the head goes out, with what is in the body (what was missed, say),
 * and the connection is handed over. Every refusal must have been decided by then.
 *   content_type  static
 *   subject       for whoever takes the connection, who copies what is still needed: in the request arena, and borrowing
 *                 nothing from the request itself (its parameters are gone by then). May be NULL
 */
void reply_stream(struct reply *reply, const char *content_type, const void *subject);
/* Makes it PARKED: the connection is handed over before anything was sent. subject: as above. */
void reply_park(struct reply *reply, const void *subject);
/* STREAM or PARKED. */
bool reply_is_handed_over(const struct reply *reply);

/* The standard phrase of a status: 404 → "Not Found". */
const char *reply_reason(int status);

#endif
