/* The request's body: never more than CONTENT_LENGTH says, and never silently less. */
#include "parley/http/request.h"
#include "request_private.h"

enum err http_body_read(struct http_request *req, void *bytes, size_t room_bytes, size_t *ret_len)
{
    int64_t left = req->content_length_bytes - req->body_taken_bytes;
    size_t wanted = (uint64_t)left < room_bytes ? (size_t)left : room_bytes;
    size_t len = 0;

    if (wanted > 0) {
        TRY(req->body_read(req->body_arg, bytes, wanted, &len));
        if (len == 0)
            return ERR_CLIENT_GONE;
    }
    req->body_taken_bytes += (int64_t)len;
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
