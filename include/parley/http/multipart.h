/*
 * multipart/form-data (RFC 7578) read as it comes, in constant memory: part by part, never the whole body.
 */
#ifndef PARLEY_HTTP_MULTIPART_H
#define PARLEY_HTTP_MULTIPART_H

#include "parley/http/request.h"

struct multipart;

struct multipart_part {
    struct str name;         /* in the arena */
    struct str filename;     /* absent for a plain field; RFC 5987 and raw UTF-8 forms decoded */
    struct str content_type; /* absent when not sent */
};

/* Starts reading. ERR_MEDIA_TYPE when the request's Content-Type is not multipart/form-data with a sane boundary. */
enum err multipart_new(struct http_request *req, struct arena *a, struct multipart **ret_parser) MUST_CHECK;
/* The next part; ERR_NOT_FOUND after the last. What is left of the part before is skipped. ERR_BAD_REQUEST when malformed or cut short, ERR_TOO_LARGE past MULTIPART_PARTS_MAX. */
enum err multipart_next(struct multipart *parser, struct multipart_part *ret_part) MUST_CHECK;
/* Up to room_bytes of the present part; *ret_len 0 at its end. Errors as multipart_next and http_body_read. */
enum err multipart_read(struct multipart *parser, void *bytes, size_t room_bytes, size_t *ret_len) MUST_CHECK;
/* The rest of the present part, at most max_bytes (else ERR_TOO_LARGE), in the arena. */
enum err multipart_read_all(struct multipart *parser, size_t max_bytes, struct str *ret_text) MUST_CHECK;

#endif
