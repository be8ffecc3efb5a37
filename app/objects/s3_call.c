/* One signed call to S3: where it goes, its headers, a second try, what its failure means. */
#include "s3_private.h"

#include "parley/auth/digest.h"
#include "parley/core/clock.h"
#include "parley/core/limits.h"
#include "parley/core/rand.h"
#include "parley/core/trace.h"
#include "parley/objects/s3_reply.h"

enum { HEADERS_MAX = 10, PAUSE_MIN_MS = 50, PAUSE_SPREAD_MS = 200 };

enum err s3_place(const struct s3 *s3, struct arena *a, const struct s3_endpoint *endpoint, struct str key,
                  struct s3_place *ret_place)
{
    bool virtual = s3->addressing == ADDRESSING_VIRTUAL;
    char *host = virtual ? arena_printf(a, "%s.%s", s3->bucket, endpoint->host) : arena_printf(a, "%s", endpoint->host);
    char *path = NULL;
    if (virtual)
        path = arena_printf(a, "/%.*s", STR_FMT(key));
    else if (key.len > 0)
        path = arena_printf(a, "/%s/%.*s", s3->bucket, STR_FMT(key));
    else
        path = arena_printf(a, "/%s", s3->bucket);
    if (host == NULL || path == NULL)
        return ERR_NO_MEMORY;
    *ret_place = (struct s3_place){ str_from(host), str_from(path) };
    return ERR_OK;
}

static const char *payload_of(struct arena *a, const struct s3_call *call)
{
    uint8_t digest[SHA256_BYTES];
    char *hex;
    if (call->payload != NULL)
        return call->payload;
    if (call->body.len == 0)
        return SIGV4_EMPTY_SHA256;
    hex = arena_alloc(a, SHA256_HEX_BYTES);
    if (hex == NULL)
        return NULL;
    digest_sha256(call->body, digest);
    digest_hex(digest, hex);
    return hex;
}

/* All that is sent for one try. */
struct attempt {
    char *url;
    const char *headers[HEADERS_MAX + 1];
};

static enum err attempt_url(struct arena *a, const struct s3 *s3, const struct s3_place *place,
                            const struct s3_call *call, char **ret_url)
{
    struct str path, query;
    TRY(sigv4_path(a, place->path, &path));
    TRY(sigv4_query(a, call->query, call->query_count, &query));
    *ret_url = arena_printf(a, "%s://%.*s%.*s%s%.*s", s3->inner.scheme, STR_FMT(place->host), STR_FMT(path),
                            query.len > 0 ? "?" : "", STR_FMT(query));
    return *ret_url != NULL ? ERR_OK : ERR_NO_MEMORY;
}

/* Not signed: whoever is in between may set its own. Returns how many lines there are. */
static size_t trace_add(struct arena *a, const char **ret_lines)
{
    struct trace_headers *headers = trace_current() != NULL ? arena_alloc(a, sizeof(*headers)) : NULL;
    size_t count = 0;

    if (headers == NULL)
        return 0;
    trace_headers(trace_current(), headers);
    ret_lines[count++] = headers->parent;
    if (headers->state[0] != '\0')
        ret_lines[count++] = headers->state;
    return count;
}

/* host, x-amz-date, x-amz-content-sha256 and the call's own, signed; all but host are sent by us, host by curl. */
static enum err attempt_sign(struct arena *a, const struct s3 *s3, const struct s3_place *place,
                             const struct s3_call *call, struct attempt *ret_attempt)
{
    char stamp[CLOCK_TEXT_BYTES];
    struct sigv4_pair pairs[HEADERS_MAX] = { { STR("host"), place->host } };
    struct str authorization;
    const char *payload = payload_of(a, call);
    struct sigv4_request request;
    size_t count = 0;
    if (payload == NULL)
        return ERR_NO_MEMORY;
    request = (struct sigv4_request){ .method = call->method,
                                      .path = place->path,
                                      .query = call->query,
                                      .query_count = call->query_count,
                                      .headers = pairs,
                                      .header_count = 3 + call->header_count,
                                      .payload = payload,
                                      .now_us = clock_now_us() };
    clock_format_basic(request.now_us, stamp);
    pairs[1] = (struct sigv4_pair){ STR("x-amz-date"), arena_str(a, str_from(stamp)) };
    pairs[2] = (struct sigv4_pair){ STR("x-amz-content-sha256"), str_from(payload) };
    for (size_t i = 0; i < call->header_count; i++)
        pairs[3 + i] = call->headers[i];
    TRY(sigv4_authorize(a, &s3->key, &request, &authorization));
    for (size_t i = 1; i < request.header_count; i++)
        ret_attempt->headers[count++] = arena_printf(a, "%.*s: %.*s", STR_FMT(pairs[i].name), STR_FMT(pairs[i].value));
    ret_attempt->headers[count++] = arena_printf(a, "Authorization: %.*s", STR_FMT(authorization));
    count += trace_add(a, ret_attempt->headers + count);
    ret_attempt->headers[count] = NULL;
    return arena_check(a);
}

static void on_header(void *arg, struct str name, struct str value)
{
    struct s3_result *result = arg;
    if (str_eq_nocase(name, STR("etag")))
        result->etag = arena_str(result->arena, value);
    else if (str_eq_nocase(name, STR("x-amz-checksum-sha256")))
        result->checksum_sha256 = arena_str(result->arena, value);
    else if (str_eq_nocase(name, STR("content-length")) && str_to_int64(value, &result->content_length) != ERR_OK)
        result->content_length = -1;
}

/* Whether a second try may do better. */
static bool is_passing(const struct s3_result *result)
{
    return result->status == 500 || result->status == 502 || result->status == 503 || result->status == 504;
}

static enum err attempt_read(struct arena *a, const struct egress_reply *reply, struct s3_result *ret_result)
{
    struct str body;
    ret_result->status = reply->status;
    ret_result->code = STR("");
    body = buf_str(&reply->body);
    if (reply->status < 300) {
        ret_result->body = arena_str(a, body);
        return ret_result->body.ptr != NULL ? ERR_OK : ERR_NO_MEMORY;
    }
    if (body.len > 0 && s3_reply_error(a, body, &ret_result->code) == ERR_NO_MEMORY)
        return ERR_NO_MEMORY;
    return ERR_OK;
}

static bool is_hung(struct s3 *s3)
{
    int64_t hung_us = atomic_load(&s3->hung_us);

    return hung_us != 0 && clock_monotonic_us() - hung_us < STORE_HUNG_KEPT_S * US_PER_S;
}

static int at_most(int limit, int most)
{
    return limit == 0 || limit > most ? most : limit;
}

static void limits_set(struct s3 *s3, const struct s3_call *call, struct egress_request *request)
{
    bool hung = is_hung(s3);

    request->silent_max_s = hung ? s3->hung_max_s : s3->silent_max_s;
    request->total_timeout_ms = call->total_timeout_ms;
    if (call->total_timeout_ms > 0 && hung)
        request->total_timeout_ms = at_most(call->total_timeout_ms, s3->hung_max_s * 1000);
    request->connect_timeout_ms = STORE_CONNECT_MAX_MS;
    if (request->total_timeout_ms > 0)
        request->connect_timeout_ms = at_most(request->total_timeout_ms, STORE_CONNECT_MAX_MS);
}

/* Whether it hangs, by how long the call took that failed; answered: any answer. */
static bool hang_note(struct s3 *s3, bool answered, int64_t took_us)
{
    bool hangs = !answered && took_us >= s3->hung_max_s * US_PER_S;

    if (answered)
        atomic_store(&s3->hung_us, 0);
    else if (hangs)
        atomic_store(&s3->hung_us, clock_monotonic_us());
    return hangs;
}

/* ERR_UNAVAILABLE: no answer came. *ret_again: the call may be repeated. */
static enum err attempt_run(struct s3 *s3, struct arena *a, const struct s3_call *call, struct s3_result *ret_result,
                            bool *ret_again)
{
    struct s3_place place;
    struct attempt attempt;
    struct egress_request request;
    struct egress_reply reply;
    int64_t began_us;
    bool hangs;
    enum err e;
    TRY(s3_place(s3, a, &s3->inner, call->key, &place));
    TRY(attempt_url(a, s3, &place, call, &attempt.url));
    TRY(attempt_sign(a, s3, &place, call, &attempt));
    *ret_result = (struct s3_result){ .arena = a, .content_length = -1 };
    request = (struct egress_request){ .method = call->method,
                                       .url = attempt.url,
                                       .headers = attempt.headers,
                                       .body = call->body,
                                       .sink = call->sink,
                                       .sink_arg = call->sink_arg,
                                       .header = on_header,
                                       .header_arg = ret_result,
                                       .fresh = call->repeat == S3_ONCE,
                                       .trust = EGRESS_OPERATOR };
    limits_set(s3, call, &request);
    egress_reply_init(&reply);
    began_us = clock_monotonic_us();
    e = egress_run(s3->egress, &request, &reply);
    hangs = hang_note(s3, e != ERR_UNAVAILABLE, clock_monotonic_us() - began_us);
    if (e == ERR_OK)
        e = attempt_read(a, &reply, ret_result);
    else if (e == ERR_UNAVAILABLE || e == ERR_INVALID)
        store_fail(&s3->base, "The object store cannot be reached: %s",
                   reply.error_text != NULL ? reply.error_text : "its address makes no sense");
    *ret_again = reply.body_untouched && !hangs && (e == ERR_UNAVAILABLE || (e == ERR_OK && is_passing(ret_result)));
    egress_reply_release(&reply);
    return e;
}

static void pause_with_jitter(void)
{
    int64_t pause_ms = PAUSE_MIN_MS + (int64_t)rand_below(PAUSE_SPREAD_MS);
    struct timespec pause = { .tv_sec = 0, .tv_nsec = pause_ms * 1000000 };
    nanosleep(&pause, NULL);
}

struct meaning {
    const char *code;
    enum err err;
    const char *error_text; /* of ERR_STORAGE */
};

static const struct meaning meanings[] = {
    { "NoSuchKey", ERR_NOT_FOUND, NULL },
    { "NoSuchUpload", ERR_NOT_FOUND, NULL },
    { "InvalidRange", ERR_INVALID, NULL },
    { "BucketAlreadyOwnedByYou", ERR_CONFLICT, NULL },
    { "OperationAborted", ERR_CONFLICT, NULL }, /* another process is making the bucket just now */
    { "InvalidPart", ERR_UPLOAD_INCOMPLETE, NULL },
    { "InvalidPartOrder", ERR_UPLOAD_INCOMPLETE, NULL },
    { "EntityTooSmall", ERR_UPLOAD_INCOMPLETE, NULL },
    { "NoSuchBucket", ERR_STORAGE, S3_NO_BUCKET },
    { "InvalidAccessKeyId", ERR_STORAGE, "The object store does not know the access key (MINIO_ACCESS_KEY)" },
    { "SignatureDoesNotMatch", ERR_STORAGE, "The object store refuses the signature (MINIO_SECRET_KEY, MINIO_REGION)" },
    { "AuthorizationHeaderMalformed", ERR_STORAGE, "The object store is in another region (MINIO_REGION)" },
    { "PermanentRedirect", ERR_STORAGE, "The bucket is in another region (MINIO_REGION, MINIO_ENDPOINT)" },
    { "RequestTimeTooSkewed", ERR_STORAGE,
      "The clocks of this machine and of the object store differ by more than 15 minutes" },
    { "AccessDenied", ERR_STORAGE, "The object store does not let the access key do this (its policy)" },
    { "XMinioStorageFull", ERR_STORAGE, "The disk of the object store is full" },
    { "InvalidBucketName", ERR_STORAGE, "The bucket's name is not acceptable (MINIO_BUCKET_NAME)" },
    { "BucketAlreadyExists", ERR_STORAGE, "The bucket belongs to somebody else (MINIO_BUCKET_NAME)" },
};

static enum err failure(struct s3 *s3, const struct s3_result *result)
{
    for (size_t i = 0; i < COUNT_OF(meanings); i++) {
        if (!str_eq_c(result->code, meanings[i].code))
            continue;
        if (meanings[i].err != ERR_STORAGE)
            return meanings[i].err;
        return store_fail(&s3->base, "%s", meanings[i].error_text);
    }
    if (result->status == 404)
        return ERR_NOT_FOUND; /* a HEAD has no body that could say more */
    if (result->status == 403)
        return store_fail(&s3->base,
                          "The object store refuses the access key (MINIO_ACCESS_KEY, MINIO_SECRET_KEY, its policy)");
    return store_fail(&s3->base, "The object store answered %d %.*s", result->status,
                      STR_FMT(str_head(result->code, 60)));
}

static enum err run_without_bucket(struct s3 *s3, struct arena *a, const struct s3_call *call,
                                   struct s3_result *ret_result)
{
    bool again = false;
    enum err e = attempt_run(s3, a, call, ret_result, &again);
    if (again && call->repeat == S3_REPEATABLE) {
        pause_with_jitter();
        e = attempt_run(s3, a, call, ret_result, &again);
    }
    if (e == ERR_UNAVAILABLE || e == ERR_INVALID)
        return ERR_STORAGE;
    TRY(e);
    return ret_result->status >= 200 && ret_result->status < 300 ? ERR_OK : failure(s3, ret_result);
}

enum err s3_run(struct s3 *s3, struct arena *a, const struct s3_call *call, struct s3_result *ret_result)
{
    bool reached = false;
    *ret_result = (struct s3_result){ .content_length = -1 };
    if (call->key.len > 0 && !atomic_load(&s3->bucket_seen))
        TRY(s3_bucket_ensure(s3, a, STORE_CALL_MAX_MS, &reached));
    return run_without_bucket(s3, a, call, ret_result);
}
