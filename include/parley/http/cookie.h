/* Cookies of a request (RFC 6265 §4.2). */
#ifndef PARLEY_HTTP_COOKIE_H
#define PARLEY_HTTP_COOKIE_H

#include "parley/http/request.h"

/*
 * How many cookies of that name came, in however many headers; *ret_value: the last one's value, as sent, absent where there is
 * none. More than one is suspicious: a page of a neighbouring host may have set the other.
 */
size_t http_cookie(const struct http_request *req, const char *name, struct str *ret_value);

#endif
