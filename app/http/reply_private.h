/* How a reply becomes bytes. */
#ifndef PARLEY_APP_HTTP_REPLY_PRIVATE_H
#define PARLEY_APP_HTTP_REPLY_PRIVATE_H

#include "parley/http/reply.h"
#include "parley/http/request.h"

/* The CGI header block (RFC 3875 §6), the empty line included, appended. */
void reply_head(const struct reply *reply, struct buf *out);
/* Its parts, each with its line end. */
void reply_status_line(int status, struct buf *out);
void reply_type_line(const char *content_type, struct buf *out);
void reply_length_line(size_t length_bytes, struct buf *out);
/* What is sent behind it: nothing for HEAD, 204 and 304. */
struct str reply_body(const struct reply *reply, enum method method);

#endif
