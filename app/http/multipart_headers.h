/* The headers of one part of multipart/form-data. */
#ifndef PARLEY_APP_HTTP_MULTIPART_HEADERS_H
#define PARLEY_APP_HTTP_MULTIPART_HEADERS_H

#include "parley/http/multipart.h"

/*
 * One parameter of a header value such as `form-data; name="a"; filename="b"` (RFC 9110 §5.6.6): a token or a quoted
 * string, the latter with its escapes taken out, in the arena. Absent when it is not there. ERR_BAD_REQUEST: the value
 * is malformed. ERR_NO_MEMORY.
 */
enum err header_parameter(struct arena *a, struct str value, struct str name, struct str *ret_text) MUST_CHECK;

/* The header lines of a part (CR LF between them, none at the end). ERR_BAD_REQUEST: malformed, nameless, or not UTF-8. */
enum err part_headers_parse(struct arena *a, struct str lines, struct multipart_part *ret_part) MUST_CHECK;

#endif
