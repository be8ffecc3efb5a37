#include "parley/http/handover.h"

#include <unistd.h>

#include "parley/core/clock.h"
#include "parley/http/fcgi_record.h"
#include "reply_private.h"

enum { HEAD_ROOM_BYTES = 512 }; /* what is added to the gate's lines: status, type, length */

struct parked *parked_new(const struct handover *handover)
{
    struct parked *parked = calloc(1, sizeof(*parked) + handover->head.len + 1);

    if (parked == NULL)
        return NULL;
    parked->connection = *handover;
    parked->connection.head = (struct str){ NULL, 0 };
    parked->connection.subject = NULL;
    parked->head_len = handover->head.len;
    if (handover->head.len > 0)
        memcpy(parked->head, handover->head.ptr, handover->head.len);
    return parked;
}

static void head_begin(const struct parked *parked, int status, struct buf *head)
{
    buf_init(head, parked->head_len + HEAD_ROOM_BYTES);
    reply_status_line(status, head);
    buf_add_bytes(head, parked->head, parked->head_len);
}

/* The head as records; where memory has run out for it, so it has for out. */
static void head_end(const struct parked *parked, struct buf *head, struct buf *out)
{
    buf_add_c(head, "\r\n");
    if (buf_check(head) != ERR_OK)
        out->failed = true;
    fcgi_record_stdout(out, parked->connection.request_id, buf_str(head));
    buf_release(head);
}

void parked_reply(struct parked *parked, const struct parked_answer *answer, struct buf *out)
{
    struct buf head;

    head_begin(parked, answer->status, &head);
    if (answer->body.len > 0)
        reply_type_line(answer->content_type, &head);
    if (answer->status != 204)
        reply_length_line(answer->body.len, &head);
    head_end(parked, &head, out);
    if (parked->connection.method != HEAD)
        fcgi_record_stdout(out, parked->connection.request_id, answer->body);
    fcgi_record_end(out, parked->connection.request_id);
    parked->connection.line.status = answer->status;
    parked->connection.line.code = answer->code;
}

void parked_stream(struct parked *parked, const char *content_type, struct buf *out)
{
    struct buf head;

    head_begin(parked, 200, &head);
    reply_type_line(content_type, &head);
    buf_add_c(&head, "X-Accel-Buffering: no\r\n");
    head_end(parked, &head, out);
    parked->connection.way = REPLY_STREAM;
    parked->connection.line.status = 200;
}

void handover_end(const struct handover *handover, int64_t sent_bytes, const char *reason)
{
    int64_t took_us = clock_monotonic_us() - handover->began_us;

    if (handover->fd >= 0)
        close(handover->fd);
    if (handover->hold.release != NULL)
        handover->hold.release(handover->hold.arg);
    access_line_log_handed_over(&handover->line, took_us, sent_bytes, reason);
}
