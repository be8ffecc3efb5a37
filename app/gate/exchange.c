/* What a route's row says about the request's own content: its size, its query, its body, its key. */
#include "exchange.h"

#include <inttypes.h>

#include "parley/core/limits.h"
#include "parley/domain/people/email.h"
#include "route_check.h"
#include "route_private.h"

static bool has_type(const struct http_request *req, struct str wanted)
{
    struct str type = http_header(req, "Content-Type");

    return str_eq_nocase(str_trim(str_head(type, str_index(type, ';'))), wanted);
}

enum err exchange_path(struct exchange *p)
{
    struct str sent = http_path(p->call.request);
    char *path = arena_cstr(p->ctx.arena, sent);
    size_t len = 0;

    if (path == NULL)
        return fail(&p->ctx, ERR_NO_MEMORY);
    for (size_t i = 0; i < sent.len; i++)
        if (sent.ptr[i] != '/' || len == 0 || path[len - 1] != '/')
            path[len++] = sent.ptr[i];
    p->call.path = (struct str){ path, len };
    return ERR_OK;
}

enum err exchange_encoding(struct exchange *p)
{
    struct str encoding = str_trim(http_header(p->call.request, "Content-Encoding"));

    if (encoding.len == 0 || str_eq_nocase(encoding, STR("identity")) || !method_changes(p->call.route->method) ||
        p->call.route->access == ACCESS_SIGNED_URL)
        return ERR_OK;
    return failf(&p->ctx, ERR_MEDIA_TYPE, "A body is taken as it is, without a Content-Encoding");
}

/* A body that the handler takes in itself. */
static bool is_handlers_own(const struct exchange *p)
{
    const struct route *route = p->call.route;

    return (route->flags & ROUTE_RAW_BODY) ||
           ((route->flags & ROUTE_MULTIPART) && has_type(p->call.request, STR("multipart/form-data")));
}

enum err exchange_size(struct exchange *p)
{
    int64_t max_bytes = (int64_t)BODY_MAX_BYTES;

    /* As an S3 server has it: a signature holds the length, and of a chunked body nobody knows it. */
    if (p->call.route->flags & ROUTE_RAW_BODY)
        return http_param(p->call.request, "CONTENT_LENGTH").len > 0 ? ERR_OK : fail(&p->ctx, ERR_LENGTH);
    if (is_handlers_own(p))
        max_bytes = p->ctx.config->max_upload_size + (int64_t)MULTIPART_FIELDS_MAX_BYTES;
    if (http_content_length(p->call.request) <= max_bytes)
        return ERR_OK;
    return failf(&p->ctx, ERR_TOO_LARGE, "The body may have at most %" PRId64 " bytes", max_bytes);
}

/* A misspelt parameter is not passed over; clients of other systems send more than we know. */
static enum err query_check(struct exchange *p, const struct http_pair *pairs, size_t count)
{
    const struct route *route = p->call.route;

    if (route->dialect != NULL || (route->flags & ROUTE_OPEN_QUERY))
        return ERR_OK;
    return spec_check_query(&p->ctx, route->query, route_page_spec(route), pairs, count);
}

static enum err query_decode(struct exchange *p)
{
    const struct spec *spec = p->call.route->query;
    const struct http_pair *pairs;
    size_t count;
    void *query;
    enum err e, unknown;

    if (p->call.route->access == ACCESS_SIGNED_URL)
        return ERR_OK;
    e = http_query(p->call.request, p->ctx.arena, &pairs, &count);
    if (e != ERR_OK)
        return failf(&p->ctx, e, "The query cannot be read");
    unknown = query_check(p, pairs, count);
    if (spec == NULL || (unknown != ERR_OK && unknown != ERR_INVALID))
        return unknown;
    query = arena_alloc(p->ctx.arena, spec->size_bytes);
    if (query == NULL)
        return fail(&p->ctx, ERR_NO_MEMORY);
    p->call.query = query;
    e = spec_decode_query(&p->ctx, spec, pairs, count, query);
    return e != ERR_OK ? e : unknown;
}

/* The same key on another route, or for another thing in the path, is another key. */
static void scope_write(const struct exchange *p, struct buf *out)
{
    buf_add_c(out, p->call.route->path);
    buf_add_byte(out, '\0');
    buf_add_bytes(out, &p->match.workspace, sizeof(p->match.workspace));
    buf_add_bytes(out, p->match.ids, sizeof(p->match.ids));
    buf_add_bytes(out, p->match.numbers, sizeof(p->match.numbers));
    for (size_t i = 0; i < p->match.word_count; i++) {
        buf_add(out, p->match.words[i]);
        buf_add_byte(out, '\0');
    }
}

/* body: absent where the handler reads it and makes the hash. */
static enum err claim_make(struct exchange *p, struct str body)
{
    struct idempotency_request request = { .user_id = p->principal.user_id, .body = body };
    struct buf scope;
    enum err e;

    request.key = http_header(p->call.request, "Idempotency-Key");
    if (!(p->call.route->flags & ROUTE_IDEMPOTENT) || request.key.ptr == NULL)
        return ERR_OK;
    if (http_header_count(p->call.request, "Idempotency-Key") > 1)
        return problem_add(&p->problem, (struct fault){ "header", "Idempotency-Key", "value_error.repeated",
                                                        "must be sent only once" });
    buf_init(&scope, PATH_MAX_BYTES * 2);
    scope_write(p, &scope);
    request.scope = buf_str(&scope);
    e = idempotency_claim_new(&p->ctx, &request, &p->call.claim);
    buf_release(&scope);
    return e;
}

/* The field `payload` of a form. */
static enum err payload_read(struct exchange *p, struct str *ret_text)
{
    struct str rest, piece, name;

    TRY(http_body_all(p->call.request, p->ctx.arena, BODY_MAX_BYTES, &rest));
    while (str_split(&rest, '&', &piece)) {
        struct str value = str_cut(&piece, '=');

        TRY(http_decode(p->ctx.arena, piece, PLUS_BLANK, &name));
        if (str_eq_c(name, "payload") && value.ptr != NULL)
            return http_decode(p->ctx.arena, value, PLUS_BLANK, ret_text);
    }
    return problem_add(&p->problem, (struct fault){ "body", "payload", "value_error.missing", "is not in the form" });
}

/* No body is an empty object: what is missing in it is listed, and where everything is optional nothing is. */
static enum err json_read(struct exchange *p, struct str *ret_text)
{
    enum err e;

    if (http_content_length(p->call.request) == 0) {
        *ret_text = STR("{}");
        return ERR_OK;
    }
    if ((p->call.route->flags & ROUTE_PAYLOAD_FORM) &&
        has_type(p->call.request, STR("application/x-www-form-urlencoded"))) {
        e = payload_read(p, ret_text);
        return e == ERR_OK || e == ERR_INVALID ? e : fail(&p->ctx, e);
    }
    if (!has_type(p->call.request, STR("application/json")))
        return failf(&p->ctx, ERR_MEDIA_TYPE, "The body must be application/json%s",
                     p->call.route->flags & ROUTE_MULTIPART ? " or multipart/form-data" : "");
    e = http_body_all(p->call.request, p->ctx.arena, BODY_MAX_BYTES, ret_text);
    return e == ERR_OK ? ERR_OK : fail(&p->ctx, e);
}

/* An object that is kept as it was sent: without what may stand around it. */
static enum err text_decode(struct exchange *p, const struct spec *spec, const struct json_in *value, struct str text)
{
    struct spec_text *body;

    /* Elsewhere that stands for {}; here it would take away what is kept. */
    if (http_content_length(p->call.request) == 0)
        return problem_add(p->ctx.problem, (struct fault){ "body", "", "value_error.missing", "there is no body" });
    if (json_in_kind(value) != JSON_OBJECT_KIND)
        return problem_add(p->ctx.problem, (struct fault){ "body", "", "type_error.dict", "must be an object" });
    text = str_trim(str_tail(text, str_index(text, '{')));
    if (text.len > spec->text_max_bytes)
        return failf(&p->ctx, ERR_TOO_LARGE, "The object may have at most %zu bytes", spec->text_max_bytes);
    body = arena_calloc(p->ctx.arena, 1, sizeof(*body));
    if (body == NULL)
        return fail(&p->ctx, ERR_NO_MEMORY);
    body->text = text;
    p->call.body = body;
    return ERR_OK;
}

/* RFC 8259 §8.1: a byte order mark before a text may be passed over. Not before the claims of a token: those are signed. */
static struct str without_byte_order_mark(struct str text)
{
    return str_starts_with(text, STR("\xef\xbb\xbf")) ? str_tail(text, 3) : text;
}

static enum err json_decode(struct exchange *p, struct str body_text)
{
    const struct spec *spec = p->call.route->body;
    struct str text = without_byte_order_mark(body_text);
    const struct json_in *value;
    const char *reason;
    enum err e = json_in_parse(p->ctx.arena, text, &value, &reason);
    void *body;

    if (e == ERR_INVALID)
        return problem_add(
            p->ctx.problem,
            (struct fault){ .where = "body", .field = "", .type = "value_error.jsondecode", .message = reason });
    if (e != ERR_OK)
        return fail(&p->ctx, e);
    if (spec->text_max_bytes > 0)
        return text_decode(p, spec, value, text);
    body = arena_alloc(p->ctx.arena, spec->size_bytes);
    if (body == NULL)
        return fail(&p->ctx, ERR_NO_MEMORY);
    p->call.body = body;
    return spec_decode(&p->ctx, spec, route_body_use(p->call.route), value, body);
}

static enum err body_decode(struct exchange *p)
{
    struct str text = { NULL, 0 };

    if (is_handlers_own(p))
        return claim_make(p, (struct str){ NULL, 0 });
    if (p->call.route->body == NULL)
        return claim_make(p, STR(""));
    TRY(json_read(p, &text));
    TRY(json_decode(p, text));
    return claim_make(p, text);
}

enum err exchange_input(struct exchange *p)
{
    enum err query = query_decode(p);

    /* The body's faults are listed together with the query's. */
    if (query != ERR_OK && query != ERR_INVALID)
        return query;
    TRY(body_decode(p));
    return query;
}

/* Of a decoded body: its first e-mail address. */
static struct str body_email(const struct spec *spec, const void *body)
{
    struct str email = { NULL, 0 };

    for (size_t i = 0; i < spec->field_count && email.ptr == NULL; i++) {
        const struct field *field = &spec->fields[i];
        const char *at = (const char *)body + field->offset;

        if (field->type == FIELD_INLINE)
            email = body_email(field->spec, at);
        else if (field->type == FIELD_EMAIL)
            memcpy(&email, at, sizeof(email));
    }
    return email;
}

struct str exchange_account(const struct exchange *p)
{
    struct str email = { NULL, 0 };

    if (p->call.principal != NULL)
        email = str_from(p->principal.email);
    else if (p->call.route->body != NULL && p->call.body != NULL)
        email = body_email(p->call.route->body, p->call.body);
    return email_normalise(p->ctx.arena, email);
}

bool exchange_is_let_through(const struct exchange *p)
{
    return p->purpose == PURPOSE_UPLOAD_CHECK && p->outcome == ERR_OK;
}

struct access_line exchange_line(const struct exchange *p, const struct reply *reply, enum err sent)
{
    struct access_line line = {
        .method = method_name(p->method),
        .route = p->call.route != NULL ? p->call.route->path : "-",
        .status = reply->status,
        .code = err_info(sent != ERR_OK ? sent : p->outcome)->code,
        .level = exchange_is_let_through(p) ? LOG_DEBUG : LOG_INFO,
        .arena_bytes = (uint32_t)arena_used_bytes(p->ctx.arena),
        .statement_count = p->ctx.statement_count,
    };

    memcpy(line.request_id, p->ctx.request_id, sizeof(line.request_id));
    if (p->logs_address && p->ctx.ip.len > 0 && p->ctx.ip.len < sizeof(line.ip))
        memcpy(line.ip, p->ctx.ip.ptr, p->ctx.ip.len);
    if (p->call.principal != NULL)
        line.user = p->principal.user;
    return line;
}

struct tally_request exchange_tally(const struct exchange *p, const struct reply *reply, enum err sent)
{
    return (struct tally_request){
        .route = p->call.route,
        .worker = http_worker(p->call.request),
        .status = reply->status,
        .outcome = sent != ERR_OK ? sent : p->outcome,
        .arena_bytes = (int64_t)arena_used_bytes(p->ctx.arena),
        .statement_count = p->ctx.statement_count,
    };
}
