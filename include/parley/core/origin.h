/* Origins of web pages (RFC 6454, WHATWG HTML "ASCII serialisation of an origin"), as browsers send them. Any thread. */
#ifndef PARLEY_CORE_ORIGIN_H
#define PARLEY_CORE_ORIGIN_H

#include <stdbool.h>

#include "parley/core/buf.h"
#include "parley/core/err.h"
#include "parley/core/str.h"

enum { ORIGIN_MAX_BYTES = 512 };

/*
 * Adds scheme://host[:port] in the form that browsers send: lower case, ASCII (parley/core/idna.h), without the port that
 * the scheme has anyway. Any scheme is taken, apps have their own; a slash at the end is passed over.
 * ERR_INVALID: something else, a wildcard among it; nothing was added.
 */
enum err origin_read(struct str text, struct buf *ret_origin) MUST_CHECK;
/* The same of an address with a path behind it. */
enum err origin_of_url(struct str url, struct buf *ret_origin) MUST_CHECK;
/* Is that the origin, as a browser sends it, of the address? */
bool origin_is(struct str origin, struct str url);

#endif
