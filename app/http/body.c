/* The request's body: never more than CONTENT_LENGTH says, and never silently less. */
#include "parley/core/clock.h"
#include "parley/core/limits.h"
#include "parley/http/request.h"
#include "request_private.h"

/* A client that sends a byte now and then holds a worker for nothing. Only what we wait for it counts, not what the store takes. */
static enum err pace_check(struct http_request *req, int64_t waited_us, size_t len)
{
    bool is_slow;

    req->pace_waited_us += waited_us;
    req->pace_bytes += (int64_t)len;
    if (req->pace_waited_us < BODY_PACE_S * US_PER_S)
        return ERR_OK;
    is_slow = req->pace_bytes < BODY_PACE_BYTES && req->body_taken_bytes < req->content_length_bytes;
    req->pace_waited_us = req->pace_bytes = 0;
    return is_slow ? ERR_TIMEOUT : ERR_OK;
}

enum err http_body_read(struct http_request *req, void *bytes, size_t room_bytes, size_t *ret_len)
{
    int64_t left = req->content_length_bytes - req->body_taken_bytes;
    size_t wanted = (uint64_t)left < room_bytes ? (size_t)left : room_bytes;
    int64_t began_us;
    size_t len = 0;

    if (wanted > 0) {
        began_us = clock_monotonic_us();
        TRY(req->body_read(req->body_arg, bytes, wanted, &len));
        if (len == 0)
            return ERR_CLIENT_GONE;
        req->body_taken_bytes += (int64_t)len;
        TRY(pace_check(req, clock_monotonic_us() - began_us, len));
    }
    *ret_len = len;
    return ERR_OK;
}

enum err http_body_all(struct http_request *req, struct arena *a, size_t max_bytes, struct str *ret_body)
{
    size_t left = (size_t)(req->content_length_bytes - req->body_taken_bytes);
    size_t len = 0;
    char *body;

    if (left > max_bytes)
        return ERR_TOO_LARGE;
    body = arena_alloc(a, left + 1);
    if (body == NULL)
        return ERR_NO_MEMORY;
    while (len < left) {
        size_t got = 0;
        TRY(http_body_read(req, body + len, left - len, &got));
        len += got;
    }
    body[len] = '\0';
    *ret_body = (struct str){ body, len };
    return ERR_OK;
}
