/* How a reply goes out on the connection of a request, one function for each way of replying. */
#ifndef PARLEY_APP_HTTP_FCGI_SEND_H
#define PARLEY_APP_HTTP_FCGI_SEND_H

#include <fcgiapp.h>

#include "parley/http/handover.h"
#include "parley/http/reply.h"
#include "parley/http/request.h"

/* scratch: of the worker, for the head. All: ERR_CLIENT_GONE where it could not be written. */

/*
 * Head, body and the record that ends the request; the last of them is on its way when this returns. Nothing more may be
 * written on fcgi's streams: they are freed, not closed.
 */
enum err fcgi_send_whole(FCGX_Request *fcgi, const struct reply *reply, enum method method,
                         struct buf *scratch) MUST_CHECK;
/*
 * The same, with the pieces of reply->source behind the first. The error of a piece breaks the answer off, closes the
 * connection (fcgi->in is NULL then) and is returned.
 */
enum err fcgi_send_pieces(FCGX_Request *fcgi, struct reply *reply, enum method method, struct buf *scratch) MUST_CHECK;
/*
 * STREAM, PARKED: reads what is left of the request, writes the head of a stream, and takes the connection out of fcgi,
 * which is ready for the next request then, into ret_handover (way, fd, request_id).
 */
enum err fcgi_hand_over(FCGX_Request *fcgi, const struct reply *reply, struct buf *scratch,
                        struct handover *ret_handover) MUST_CHECK;

/* SO_RCVTIMEO or SO_SNDTIMEO. */
void fcgi_set_timeout(int fd, int option, int seconds);

#endif
