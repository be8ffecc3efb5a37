/* What holds for every request that leaves, blocking or in the loop. Private to app/egress. */
#ifndef PARLEY_APP_EGRESS_OUTGOING_H
#define PARLEY_APP_EGRESS_OUTGOING_H

#include <curl/curl.h>

#include "parley/core/err.h"
#include "parley/egress/guard.h"

/*
 * Parses a url, once: what is judged is what is used. The caller frees it (curl_url_cleanup). ERR_INVALID: not an absolute
 * url without user information; ERR_FORBIDDEN: a port that a foreign address may not name; ERR_NO_MEMORY.
 */
enum err outgoing_url(const char *text, enum egress_trust trust, CURLU **ret_url) MUST_CHECK;

/* Adds headers, NULL-ended or NULL, to a list that is the caller's to free, also after a failure. */
enum err outgoing_headers(const char *const *headers, struct curl_slist **list) MUST_CHECK;

/*
 * No signals, no proxy, no redirects, http and https only; `ca_file` NULL: the system's certificates. Borrowed for the
 * call.
 */
void outgoing_limits(CURL *curl, const char *ca_file);

/* May this address be connected to? */
enum err outgoing_check(enum egress_trust trust, const struct sockaddr *address) MUST_CHECK;
/* A socket for an address that outgoing_check has let pass. */
curl_socket_t outgoing_socket(const struct curl_sockaddr *address);

#endif
