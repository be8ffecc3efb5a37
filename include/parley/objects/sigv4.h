/*
 * AWS Signature Version 4 for S3: the Authorization header of our own calls and the query of presigned addresses.
 * Source: Amazon S3 API Reference, "Signature Calculations for the Authorization Header: Transferring Payload in a Single
 * Chunk" and "Authenticating Requests: Using Query Parameters". Any thread; nothing is kept.
 */
#ifndef PARLEY_OBJECTS_SIGV4_H
#define PARLEY_OBJECTS_SIGV4_H

#include <stddef.h>
#include <stdint.h>

#include "parley/core/arena.h"
#include "parley/core/err.h"
#include "parley/core/str.h"

/* The digest of an empty body, and the word that stands where the body is not signed. */
#define SIGV4_EMPTY_SHA256 "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
#define SIGV4_UNSIGNED "UNSIGNED-PAYLOAD"

struct sigv4_key {
    struct str access_key;
    struct str secret_key;
    struct str region;
};

/* A header (name in lower case) or a parameter of the query, neither of them encoded. */
struct sigv4_pair {
    struct str name, value;
};

enum { SIGV4_PAIRS_MAX = 12 };

struct sigv4_request {
    const char *method;
    struct str path; /* not encoded; begins with '/' */
    const struct sigv4_pair *query;
    size_t query_count;
    const struct sigv4_pair
        *headers;        /* those that are signed, `host` among them; values without blanks at their ends */
    size_t header_count; /* with the query's own at most SIGV4_PAIRS_MAX */
    const char *payload; /* SHA-256 of the body in hex, or SIGV4_UNSIGNED */
    int64_t now_us;
};

/*
 * The value of the Authorization header. The caller sends every header named in the request, with `x-amz-date` (of now_us)
 * and `x-amz-content-sha256` (payload) among them. In the arena. ERR_OK or ERR_NO_MEMORY.
 */
enum err sigv4_authorize(struct arena *a, const struct sigv4_key *key, const struct sigv4_request *request,
                         struct str *ret_value) MUST_CHECK;

/*
 * The whole query of a presigned address, encoded, without '?', the signature last. The payload is not signed
 * (request->payload is not looked at). In the arena. ERR_OK or ERR_NO_MEMORY.
 *   expires_s  1 … 604800, from now_us on
 */
enum err sigv4_presign(struct arena *a, const struct sigv4_key *key, const struct sigv4_request *request, int expires_s,
                       struct str *ret_query) MUST_CHECK;

/* The query of an unsigned or header-signed request as it is signed and sent: sorted and encoded, "" when empty. */
enum err sigv4_query(struct arena *a, const struct sigv4_pair *query, size_t count, struct str *ret_query) MUST_CHECK;
/* The path as it is signed and sent: encoded once, slashes kept. */
enum err sigv4_path(struct arena *a, struct str path, struct str *ret_path) MUST_CHECK;

#endif
