/*
 * One HTTP request as nginx handed it over by FastCGI. All views are borrowed from the request and end with it. Nothing
 * here is trusted: lengths are bounded (limits.h), texts are bytes.
 */
#ifndef PARLEY_HTTP_REQUEST_H
#define PARLEY_HTTP_REQUEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "parley/core/arena.h"
#include "parley/core/err.h"
#include "parley/core/percent.h"
#include "parley/core/str.h"

enum method { METHOD_NONE, GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS };

struct http_request;

struct http_pair {
    struct str name, value;
};

/* The method; METHOD_NONE for one that we do not know. */
enum method http_method(const struct http_request *req);
/* The path of REQUEST_URI as sent: not decoded, without query. */
struct str http_path(const struct http_request *req);
/* The query as sent, without '?'; for signatures over it. Absent when there is none. */
struct str http_raw_query(const struct http_request *req);
/* A FastCGI parameter such as "REMOTE_ADDR"; absent when it is not there. */
struct str http_param(const struct http_request *req, const char *name);
/* A header by its usual name ("If-Match"); absent when it is not there. */
struct str http_header(const struct http_request *req, const char *name);
/* How many headers of that name came; more than one is suspicious where one is meant (Authorization). */
size_t http_header_count(const struct http_request *req, const char *name);
/* CONTENT_LENGTH; 0 without a body. nginx has read and counted chunked bodies before it hands them over. */
int64_t http_content_length(const struct http_request *req);

/* Decoded query parameters, at most QUERY_PARAMS_MAX; made once, in the arena. ERR_BAD_REQUEST when malformed. */
enum err http_query(struct http_request *req, struct arena *a, const struct http_pair **ret_pairs,
                    size_t *ret_count) MUST_CHECK;

/*
 * Reads up to room_bytes of the body; *ret_len 0 at its end. ERR_CLIENT_GONE when the connection ended early (fewer
 * bytes than CONTENT_LENGTH), ERR_TIMEOUT when nothing came for BODY_IDLE_MAX_S, or less than BODY_PACE_BYTES in BODY_PACE_S.
 */
enum err http_body_read(struct http_request *req, void *bytes, size_t room_bytes, size_t *ret_len) MUST_CHECK;
/* The whole body, at most max_bytes (else ERR_TOO_LARGE), in the arena, NUL-ended. */
enum err http_body_all(struct http_request *req, struct arena *a, size_t max_bytes, struct str *ret_body) MUST_CHECK;

/* Decodes %XX (and, for queries and forms, '+'). ERR_BAD_REQUEST: broken escapes, NUL, or not UTF-8. */
enum err http_decode(struct arena *a, struct str text, enum plus plus, struct str *ret_text) MUST_CHECK;

/* A pointer that whoever answers the request leaves with it, until its end; NULL at first. */
void http_note_set(struct http_request *req, void *note);
void *http_note(const struct http_request *req);
/* The number of the worker that answers it, from 0, below worker_count + yielding_max of struct server_opts. */
int http_worker(const struct http_request *req);

#endif
