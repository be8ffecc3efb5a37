#include "parley/http/reply.h"

#include <assert.h>

#include "reply_private.h"

static const struct {
    int status;
    const char *reason;
} reasons[] = {
    { 200, "OK" },
    { 201, "Created" },
    { 202, "Accepted" },
    { 204, "No Content" },
    { 206, "Partial Content" },
    { 302, "Found" },
    { 303, "See Other" },
    { 304, "Not Modified" },
    { 400, "Bad Request" },
    { 401, "Unauthorized" },
    { 403, "Forbidden" },
    { 404, "Not Found" },
    { 405, "Method Not Allowed" },
    { 408, "Request Timeout" },
    { 409, "Conflict" },
    { 410, "Gone" },
    { 411, "Length Required" },
    { 412, "Precondition Failed" },
    { 413, "Content Too Large" },
    { 414, "URI Too Long" },
    { 415, "Unsupported Media Type" },
    { 416, "Range Not Satisfiable" },
    { 421, "Misdirected Request" },
    { 422, "Unprocessable Content" },
    { 423, "Locked" },
    { 429, "Too Many Requests" },
    { 431, "Request Header Fields Too Large" },
    { 499, "Client Closed Request" },
    { 500, "Internal Server Error" },
    { 503, "Service Unavailable" },
    { 507, "Insufficient Storage" },
};

const char *reply_reason(int status)
{
    for (size_t i = 0; i < COUNT_OF(reasons); i++)
        if (reasons[i].status == status)
            return reasons[i].reason;
    return "Unknown";
}

void reply_init(struct reply *reply)
{
    reply->status = 200;
    reply->way = REPLY_WHOLE;
    reply->content_type = "application/json";
    reply->header_count = 0;
    reply->version = 0;
    buf_clear(&reply->body);
    json_out_init(&reply->json, &reply->body);
}

static struct reply_header *header_slot(struct reply *reply, const char *name)
{
    for (size_t i = 0; i < reply->header_count; i++)
        if (strcasecmp(reply->headers[i].name, name) == 0)
            return &reply->headers[i];
    return reply->header_count < REPLY_HEADERS_MAX ? &reply->headers[reply->header_count++] : NULL;
}

void reply_header(struct reply *reply, const char *name, const char *value)
{
    struct reply_header *slot;

    if (value == NULL || str_has_control(str_from(value))) {
        assert(value == NULL);
        return;
    }
    slot = header_slot(reply, name);
    assert(slot != NULL);
    if (slot != NULL)
        *slot = (struct reply_header){ name, value };
}

bool reply_has_header(const struct reply *reply, const char *name)
{
    for (size_t i = 0; i < reply->header_count; i++)
        if (strcasecmp(reply->headers[i].name, name) == 0)
            return true;
    return false;
}

static bool status_has_body(int status)
{
    return status >= 200 && status != 204 && status != 304;
}

void reply_pieces(struct reply *reply, struct reply_source source)
{
    reply->way = REPLY_PAGED;
    reply->source = source;
}

void reply_stream(struct reply *reply, const char *content_type, const void *subject)
{
    reply->way = REPLY_STREAM;
    reply->content_type = content_type;
    reply->subject = subject;
    reply_header(reply, "X-Accel-Buffering", "no");
}

void reply_park(struct reply *reply, const void *subject)
{
    reply->way = REPLY_PARKED;
    reply->subject = subject;
}

bool reply_is_handed_over(const struct reply *reply)
{
    return reply->way == REPLY_STREAM || reply->way == REPLY_PARKED;
}

void reply_status_line(int status, struct buf *out)
{
    buf_addf(out, "Status: %d %s\r\n", status, reply_reason(status));
}

void reply_header_lines(const struct reply *reply, struct buf *out)
{
    for (size_t i = 0; i < reply->header_count; i++) {
        buf_add_c(out, reply->headers[i].name);
        buf_add_c(out, ": ");
        buf_add_c(out, reply->headers[i].value);
        buf_add_c(out, "\r\n");
    }
}

void reply_type_line(const char *content_type, struct buf *out)
{
    buf_add_c(out, "Content-Type: ");
    buf_add_c(out, content_type);
    buf_add_c(out, "\r\n");
}

void reply_length_line(size_t length_bytes, struct buf *out)
{
    buf_add_c(out, "Content-Length: ");
    buf_add_int(out, (int64_t)length_bytes);
    buf_add_c(out, "\r\n");
}

void reply_head(const struct reply *reply, struct buf *out)
{
    bool whole = reply->way == REPLY_WHOLE;

    reply_status_line(reply->status, out);
    reply_header_lines(reply, out);
    if (status_has_body(reply->status)) {
        /* nginx keeps the type of an answer whose bytes it sends itself. */
        if (!whole || reply->body.len > 0 || reply_has_header(reply, "X-Accel-Redirect"))
            reply_type_line(reply->content_type, out);
        if (whole)
            reply_length_line(reply->body.len, out);
    }
    buf_add_c(out, "\r\n");
}

struct str reply_body(const struct reply *reply, enum method method)
{
    if (method == HEAD || !status_has_body(reply->status))
        return STR("");
    return buf_str(&reply->body);
}
