/*
 * FastCGI records as we send them past libfcgi (FastCGI 1.0 §3.3, §5.3, §5.5): whole answers, and all that goes out on a
 * connection that has been handed over. nginx gives every request the id 1, so one record can be written to many of them.
 */
#ifndef PARLEY_HTTP_FCGI_RECORD_H
#define PARLEY_HTTP_FCGI_RECORD_H

#include <stdint.h>

#include "parley/core/buf.h"
#include "parley/core/str.h"

/* Content of one record: the most that is a multiple of eight. */
#define FCGI_RECORD_MAX_BYTES 65528U

/* What is sent of an answer, as STDOUT records: as many as it takes, each padded to a multiple of eight. "": none. */
void fcgi_record_stdout(struct buf *out, uint16_t request_id, struct str bytes);
/*
 * What stands before and behind the content of one STDOUT record, for whoever writes the content from where it is.
 * content_bytes: 1 … FCGI_RECORD_MAX_BYTES.
 */
void fcgi_record_stdout_begin(struct buf *out, uint16_t request_id, size_t content_bytes);
void fcgi_record_stdout_pad(struct buf *out, size_t content_bytes);
/* The end of a complete answer: an empty STDOUT record and END_REQUEST. Then the connection is closed. */
void fcgi_record_end(struct buf *out, uint16_t request_id);
/*
 * The end of an answer that is not complete. nginx takes a connection that is just closed for the end of a complete
 * answer, and looks into no END_REQUEST; a record that it cannot accept makes it break the client's transfer off: the
 * last chunk is missing (HTTP/1.1), the stream is reset (HTTP/2). So that is what is sent, with the type that means it:
 * ABORT_REQUEST. Then the connection is closed. Tried with nginx 1.22; tests/api/test_handover.py holds it.
 */
void fcgi_record_abort(struct buf *out, uint16_t request_id);

#endif
