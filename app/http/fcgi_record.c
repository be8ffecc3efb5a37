#include "parley/http/fcgi_record.h"

enum { VERSION = 1, RECORD_ABORT_REQUEST = 2, RECORD_END_REQUEST = 3, RECORD_STDOUT = 6, ALIGNMENT = 8 };

static void record_head(struct buf *out, int type, uint16_t request_id, size_t content_bytes, size_t padding_bytes)
{
    const unsigned char head[8] = { VERSION,
                                    (unsigned char)type,
                                    (unsigned char)(request_id >> 8),
                                    (unsigned char)request_id,
                                    (unsigned char)(content_bytes >> 8),
                                    (unsigned char)content_bytes,
                                    (unsigned char)padding_bytes,
                                    0 };

    buf_add_bytes(out, head, sizeof(head));
}

static size_t padding_of(size_t content_bytes)
{
    return (ALIGNMENT - content_bytes % ALIGNMENT) % ALIGNMENT;
}

void fcgi_record_stdout_begin(struct buf *out, uint16_t request_id, size_t content_bytes)
{
    record_head(out, RECORD_STDOUT, request_id, content_bytes, padding_of(content_bytes));
}

void fcgi_record_stdout_pad(struct buf *out, size_t content_bytes)
{
    static const char zeros[ALIGNMENT];

    buf_add_bytes(out, zeros, padding_of(content_bytes));
}

void fcgi_record_stdout(struct buf *out, uint16_t request_id, struct str bytes)
{
    while (bytes.len > 0) {
        size_t len = bytes.len < FCGI_RECORD_MAX_BYTES ? bytes.len : FCGI_RECORD_MAX_BYTES;

        fcgi_record_stdout_begin(out, request_id, len);
        buf_add(out, str_head(bytes, len));
        fcgi_record_stdout_pad(out, len);
        bytes = str_tail(bytes, len);
    }
}

void fcgi_record_end(struct buf *out, uint16_t request_id)
{
    /* Application status 0, and FCGI_REQUEST_COMPLETE. */
    static const char complete[8];

    record_head(out, RECORD_STDOUT, request_id, 0, 0);
    record_head(out, RECORD_END_REQUEST, request_id, sizeof(complete), 0);
    buf_add_bytes(out, complete, sizeof(complete));
}

void fcgi_record_abort(struct buf *out, uint16_t request_id)
{
    record_head(out, RECORD_ABORT_REQUEST, request_id, 0, 0);
}
