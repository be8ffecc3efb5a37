/*
 * Addresses as they stand in settings: scheme://user:password@host:port/path?query (RFC 3986 §3), read leniently where
 * people write passwords without encoding them. What the parts may be, their readers decide.
 */
#ifndef PARLEY_CORE_URL_H
#define PARLEY_CORE_URL_H

#include <stdbool.h>

#include "parley/core/err.h"
#include "parley/core/str.h"

/* Views of the text, not decoded (percent_decode). What is not there is absent (NULL), not empty. */
struct url {
    struct str scheme;         /* absent: nothing stands before "://" */
    struct str user, password; /* before the last @ */
    struct str host;           /* "" where none is named; without the brackets of an IPv6 address */
    struct str port;           /* as written: see url_port */
    struct str host_port;      /* both, with brackets and colon as written */
    struct str path;           /* with the slash that it begins with */
    struct str query;          /* without the ? */
};

/* Whether a ? begins a query. With URL_NO_QUERY it is a byte like others, so that a password may hold one. */
enum url_query { URL_QUERY, URL_NO_QUERY };

/*
 * Splits an address, with a scheme or without. The last @ ends user and password, so that an @ or a / in a password
 * that nobody encoded still works; an address whose host is empty ("sqlite:///a@b") has neither.
 * Returns ERR_OK, or ERR_INVALID where a bracket is not closed or is followed by anything but a colon. Any thread.
 */
enum err url_split(struct str text, enum url_query query, struct url *ret_url) MUST_CHECK;

/*
 * The port's number, absent_port where none is written or nothing follows the colon. ERR_INVALID: it is not a number
 * from 1 to 65535. Any thread.
 */
enum err url_port(const struct url *url, int absent_port, int *ret_port) MUST_CHECK;

/* Is its host, at this port, in a list of host:port with commas (EGRESS_ALLOW)? Any thread. */
bool url_is_listed(struct str list, const struct url *url, int port);

#endif
