/*
 * The answer to a request: status, headers and a body that is built in memory and sent once. The gate sends it; a
 * handler only fills it in. Lives as long as its request.
 */
#ifndef PARLEY_HTTP_REPLY_H
#define PARLEY_HTTP_REPLY_H

#include "parley/core/buf.h"
#include "parley/core/err.h"
#include "parley/core/json_out.h"

enum { REPLY_HEADERS_MAX = 24 };

struct reply_header {
    const char *name;  /* static */
    const char *value; /* static or in the request arena; no control characters (reply_header refuses) */
};

struct reply {
    int status;               /* 200 until said otherwise */
    const char *content_type; /* "application/json" until said otherwise; not sent without a body */
    struct buf body;
    struct json_out json; /* writes into body */
    int64_t version;      /* of the one thing that the body names: the gate makes an ETag of it and the body; 0: none */
    size_t header_count;
    struct reply_header headers[REPLY_HEADERS_MAX];
};

/* 200, application/json, no headers, empty body; the body's buf must have been initialised. */
void reply_init(struct reply *reply);
/*
 * Adds a header, or replaces the one with that name. A value with control characters, or a 25th header, is dropped and
 * asserted. NULL (the arena is full: arena_printf) adds nothing.
 */
void reply_header(struct reply *reply, const char *name, const char *value);
bool reply_has_header(const struct reply *reply, const char *name);
/* The standard phrase of a status: 404 → "Not Found". */
const char *reply_reason(int status);

#endif
