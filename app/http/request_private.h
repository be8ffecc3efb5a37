/* What the files of this room know of a request. Tests and fuzz targets make requests of their own with it. */
#ifndef PARLEY_APP_HTTP_REQUEST_PRIVATE_H
#define PARLEY_APP_HTTP_REQUEST_PRIVATE_H

#include "parley/http/request.h"

/* Up to room_bytes of the body; *ret_len 0: there will be no more. ERR_CLIENT_GONE, ERR_TIMEOUT. */
typedef enum err (*body_read_fn)(void *arg, void *bytes, size_t room_bytes, size_t *ret_len);

struct http_request {
    char *const *params; /* "NAME=value", NULL-ended */
    enum method method;
    struct str path, raw_query;
    int64_t content_length_bytes;
    int64_t body_taken_bytes;
    int64_t pace_waited_us, pace_bytes; /* since the pace was last looked at (body.c) */
    body_read_fn body_read;
    void *body_arg;
    const struct http_pair *query; /* NULL until http_query */
    size_t query_count;
    void *note;
    int worker; /* 0 unless the server says otherwise */
};

/* Fills in all of *ret_req; params must outlive it. */
void request_init(struct http_request *ret_req, char *const *params, body_read_fn body_read, void *body_arg);

#endif
