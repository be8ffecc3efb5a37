/* One request to a running server, straight over its socket: what nginx does. FastCGI 1.0. Private to app/cli. */
#ifndef PARLEY_APP_CLI_FCGI_CLIENT_H
#define PARLEY_APP_CLI_FCGI_CLIENT_H

#include "parley/core/buf.h"
#include "parley/core/err.h"

/*
 * GET of a path without a body.
 *   fd         connected, with time limits for reading and writing
 *   host       of the Host header
 *   ret_reply  the header lines and the body, as they come in STDOUT records; appended
 * ERR_UNAVAILABLE: the connection broke off or nothing came in time; ERR_NO_MEMORY: more than ret_reply takes.
 */
enum err fcgi_client_get(int fd, const char *path, const char *host, struct buf *ret_reply) MUST_CHECK;

#endif
