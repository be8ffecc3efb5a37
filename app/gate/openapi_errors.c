#include "openapi_errors.h"

#include "parley/http/reply.h"
#include "route_check.h"
#include "route_private.h"

/* ---- what the gate gives, by the row ---- */

static bool is_any(const struct route *route)
{
    (void)route;
    return true;
}

static bool reads_credential(const struct route *route)
{
    return access_reads_credential(route->access);
}

static bool refuses_keys(const struct route *route)
{
    return reads_credential(route) && route->scope == SCOPE_NONE;
}

static bool wants_scope(const struct route *route)
{
    return reads_credential(route) && route->scope != SCOPE_NONE && route->scope != SCOPE_ANY;
}

static bool wants_role(const struct route *route)
{
    return route->access == ACCESS_ADMIN || route->access == ACCESS_METRICS || route->role > ROLE_GUEST;
}

static bool has_workspace(const struct route *route)
{
    return route->role != ROLE_NO_WORKSPACE && route->role != ROLE_NOT_SAID_;
}

/* What a page of another site could make a browser send: with its cookie, or without any credential. */
static bool is_sent_by_pages(const struct route *route)
{
    return !access_is_in_url(route->access) && (method_changes(route->method) || route->cookie != COOKIE_NONE);
}

/* The cookie counts like a credential, or in the place of one. */
static bool takes_cookie(const struct route *route)
{
    return route->cookie == COOKIE_SESSION || route->cookie == COOKIE_READ;
}

/* Whatever body comes, whether it is read or not. */
static bool is_encoded(const struct route *route)
{
    return route->access != ACCESS_SIGNED_URL && method_changes(route->method);
}

static bool takes_query(const struct route *route)
{
    return route->access != ACCESS_SIGNED_URL && route->dialect == NULL && (route->flags & ROUTE_OPEN_QUERY) == 0;
}

static bool has_piece(const struct route *route, enum piece wanted)
{
    struct str rest = str_tail(str_from(route->path), 1);
    struct str piece;

    while (str_split(&rest, '/', &piece))
        if (route_piece(route, piece) == wanted)
            return true;
    return false;
}

static bool has_uuid(const struct route *route)
{
    return has_piece(route, PIECE_ID) || has_piece(route, PIECE_WORKSPACE);
}

static bool reads_body(const struct route *route)
{
    return route->body != NULL || (route->flags & ROUTE_MULTIPART) != 0;
}

static bool reads_fields(const struct route *route)
{
    return reads_body(route) || route->query != NULL || route_page_spec(route) != NULL || has_piece(route, PIECE_INT);
}

static bool is_idempotent(const struct route *route)
{
    return (route->flags & ROUTE_IDEMPOTENT) != 0;
}

static bool is_matched(const struct route *route)
{
    return (route->flags & ROUTE_TAGGED) != 0 && method_changes(route->method) && route->method != POST;
}

static bool is_limited(const struct route *route)
{
    return route_rate(route) != RATE_FREE;
}

static bool is_raw(const struct route *route)
{
    return (route->flags & ROUTE_RAW_BODY) != 0;
}

static const struct rule {
    enum err err;
    bool (*applies)(const struct route *route);
} rules[] = {
    { ERR_BAD_REQUEST, is_any },
    { ERR_BAD_ID, has_uuid },
    { ERR_TWO_CREDENTIALS, reads_credential },
    { ERR_TWO_CREDENTIALS, takes_cookie },
    { ERR_UNAUTHORIZED, reads_credential },
    { ERR_UNAUTHORIZED, takes_cookie },
    { ERR_TOKEN, reads_credential },
    { ERR_KEY, reads_credential },
    { ERR_KEY_EXPIRED, reads_credential },
    { ERR_KEY_ADDRESS, reads_credential },
    { ERR_SCOPE, wants_scope },
    { ERR_KEY_REFUSED, refuses_keys },
    { ERR_FORBIDDEN, wants_role },
    { ERR_CROSS_SITE, is_sent_by_pages },
    { ERR_WORKSPACE_NOT_FOUND, has_workspace },
    { ERR_SECOND_FACTOR, has_workspace },
    { ERR_TOO_LARGE, reads_body },
    { ERR_LENGTH, is_raw },
    { ERR_MEDIA_TYPE, is_encoded },
    { ERR_INVALID, reads_fields },
    { ERR_INVALID, takes_query },
    { ERR_PRECONDITION, is_matched },
    { ERR_IDEMPOTENCY_BODY, is_idempotent },
    { ERR_IDEMPOTENCY_RUNNING, is_idempotent },
    { ERR_RATE_LIMITED, is_limited },
};

bool openapi_error_is_given(const struct route *route, enum err e)
{
    for (size_t i = 0; i < COUNT_OF(rules); i++)
        if (rules[i].err == e && rules[i].applies(route))
            return true;
    for (size_t i = 0; i < ROUTE_FAILS_MAX && route->fails[i] != ERR_OK; i++)
        if (route->fails[i] == e)
            return true;
    return false;
}

int openapi_error_status(const struct route *route, enum err e)
{
    const struct dialect_error *own = route->dialect != NULL ? dialect_error_find(route->dialect, route->errors, e)
                                                             : NULL;

    return own != NULL && own->status != 0 ? own->status : err_info(e)->http_status;
}

/* ---- responses of an operation ---- */

static const char *sentence_of(const struct route *route, enum err e)
{
    const struct dialect_error *own = route->dialect != NULL ? dialect_error_find(route->dialect, route->errors, e)
                                                             : NULL;

    return own != NULL && own->text != NULL ? own->text : err_info(e)->sentence;
}

static bool is_of(const struct route *route, enum err e, int status)
{
    return openapi_error_is_given(route, e) && openapi_error_status(route, e) == status;
}

/* A line for each: "`chat_not_found`: Chat not found". A dialect has no codes. */
static void description_write(struct json_out *out, const struct route *route, int status)
{
    struct buf text;
    bool first = true;

    buf_init(&text, 4096);
    for (enum err e = ERR_OK; e < ERR_COUNT_; e++) {
        if (!is_of(route, e, status))
            continue;
        if (route->dialect == NULL)
            buf_addf(&text, "%s- `%s`: %s", first ? "" : "\n", err_info(e)->code, sentence_of(route, e));
        else
            buf_addf(&text, "%s- %s", first ? "" : "\n", sentence_of(route, e));
        first = false;
    }
    json_out_kv_str(out, "description", buf_str(&text));
    buf_release(&text);
}

static void examples_write(struct json_out *out, const struct route *route, int status)
{
    json_out_key(out, "examples");
    json_out_object(out);
    for (enum err e = ERR_OK; e < ERR_COUNT_; e++) {
        if (!is_of(route, e, status))
            continue;
        json_out_key(out, err_info(e)->code);
        buf_addf(out->buf, "{\"$ref\":\"#/components/examples/%s\"}", err_info(e)->code);
        out->comma = true;
    }
    json_out_object_end(out);
}

static void content_write(struct json_out *out, const struct route *route, int status)
{
    json_out_key(out, "content");
    json_out_object(out);
    json_out_key(out, route->dialect != NULL ? "application/json" : "application/problem+json");
    json_out_object(out);
    json_out_key(out, "schema");
    buf_addf(out->buf, "{\"$ref\":\"#/components/schemas/%s\"}",
             route->dialect != NULL ? route->dialect->error_name : "Problem");
    out->comma = true;
    if (route->dialect == NULL)
        examples_write(out, route, status);
    json_out_object_end(out);
    json_out_object_end(out);
}

static const char *headers_of(const struct route *route, int status)
{
    static const char request_id[] = "{\"X-Request-Id\":{\"$ref\":\"#/components/headers/RequestId\"}}";
    static const char challenge[] = "{\"X-Request-Id\":{\"$ref\":\"#/components/headers/RequestId\"},"
                                    "\"WWW-Authenticate\":{\"$ref\":\"#/components/headers/WwwAuthenticate\"}}";
    static const char limited[] = "{\"X-Request-Id\":{\"$ref\":\"#/components/headers/RequestId\"},"
                                  "\"Retry-After\":{\"$ref\":\"#/components/headers/RetryAfter\"},"
                                  "\"RateLimit-Limit\":{\"$ref\":\"#/components/headers/RateLimitLimit\"},"
                                  "\"RateLimit-Remaining\":{\"$ref\":\"#/components/headers/RateLimitRemaining\"},"
                                  "\"RateLimit-Reset\":{\"$ref\":\"#/components/headers/RateLimitReset\"}}";

    static const char later[] = "{\"X-Request-Id\":{\"$ref\":\"#/components/headers/RequestId\"},"
                                "\"Retry-After\":{\"$ref\":\"#/components/headers/RetryAfter\"}}";

    if (status == 429)
        return limited;
    if (is_of(route, ERR_IDEMPOTENCY_RUNNING, status) || is_of(route, ERR_LOCKED, status))
        return later;
    return status == 401 ? challenge : request_id;
}

static void response_write(struct json_out *out, const struct route *route, int status)
{
    char text[12];

    snprintf(text, sizeof(text), "%d", status);
    json_out_key(out, text);
    json_out_object(out);
    description_write(out, route, status);
    json_out_key(out, "headers");
    json_out_raw(out, str_from(headers_of(route, status)));
    content_write(out, route, status);
    json_out_object_end(out);
}

/* Examples of every code that has this status. */
static void failed_examples_write(struct json_out *out, int status)
{
    json_out_key(out, "examples");
    json_out_object(out);
    for (enum err e = ERR_OK; e < ERR_COUNT_; e++) {
        if (err_info(e)->http_status != status)
            continue;
        json_out_key(out, err_info(e)->code);
        buf_addf(out->buf, "{\"$ref\":\"#/components/examples/%s\"}", err_info(e)->code);
        out->comma = true;
    }
    json_out_object_end(out);
}

/* The reply's own shape, or a problem where it does not come to that. */
static void failed_write(struct json_out *out, const struct route *route)
{
    char text[12];

    snprintf(text, sizeof(text), "%d", route->failed_status);
    json_out_key(out, text);
    json_out_object(out);
    json_out_kv_c(out, "description", reply_reason(route->failed_status));
    json_out_key(out, "headers");
    json_out_raw(out, STR("{\"X-Request-Id\":{\"$ref\":\"#/components/headers/RequestId\"},"
                          "\"Retry-After\":{\"$ref\":\"#/components/headers/RetryAfter\"}}"));
    json_out_key(out, "content");
    json_out_object(out);
    json_out_key(out, "application/json");
    buf_addf(out->buf, "{\"schema\":{\"$ref\":\"#/components/schemas/%s\"}}", route->reply->name);
    out->comma = true;
    json_out_key(out, "application/problem+json");
    json_out_object(out);
    json_out_key(out, "schema");
    json_out_raw(out, STR("{\"$ref\":\"#/components/schemas/Problem\"}"));
    failed_examples_write(out, route->failed_status);
    json_out_object_end(out);
    json_out_object_end(out);
    json_out_object_end(out);
}

void openapi_errors_write(struct json_out *out, const struct route *route)
{
    for (int status = 400; status < 500; status++) {
        bool given = false;

        for (enum err e = ERR_OK; !given && e < ERR_COUNT_; e++)
            given = is_of(route, e, status);
        if (given)
            response_write(out, route, status);
    }
    if (route->failed_status != 0)
        failed_write(out, route);
    json_out_key(out, "default");
    buf_addf(out->buf, "{\"$ref\":\"#/components/responses/%s\"}",
             route->dialect != NULL ? route->dialect->error_name : "Problem");
    out->comma = true;
}
