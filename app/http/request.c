#include "parley/http/request.h"

#include <ctype.h>

#include "parley/core/limits.h"
#include "request_private.h"

enum { HEADER_NAME_MAX = 64 };

static enum method method_of(struct str name)
{
    static const struct {
        const char *name;
        enum method method;
    } methods[] = {
        { "GET", GET },   { "POST", POST },   { "PUT", PUT },         { "DELETE", DELETE },
        { "HEAD", HEAD }, { "PATCH", PATCH }, { "OPTIONS", OPTIONS },
    };

    for (size_t i = 0; i < COUNT_OF(methods); i++)
        if (str_eq_c(name, methods[i].name))
            return methods[i].method;
    return METHOD_NONE;
}

static int64_t length_of(struct str text)
{
    int64_t length = 0;

    if (text.len == 0 || str_to_int64(text, &length) != ERR_OK || length < 0)
        return 0;
    return length;
}

static void split_uri(struct http_request *req)
{
    struct str uri = http_param(req, "REQUEST_URI");
    size_t mark = str_index(uri, '?');

    req->path = str_head(uri, mark);
    if (mark != SIZE_MAX)
        req->raw_query = str_tail(uri, mark + 1);
}

void request_init(struct http_request *ret_req, char *const *params, body_read_fn body_read, void *body_arg)
{
    *ret_req = (struct http_request){ .params = params, .body_read = body_read, .body_arg = body_arg };
    ret_req->method = method_of(http_param(ret_req, "REQUEST_METHOD"));
    ret_req->content_length_bytes = length_of(http_param(ret_req, "CONTENT_LENGTH"));
    split_uri(ret_req);
}

enum method http_method(const struct http_request *req)
{
    return req->method;
}

struct str http_path(const struct http_request *req)
{
    return req->path;
}

struct str http_raw_query(const struct http_request *req)
{
    return req->raw_query;
}

int64_t http_content_length(const struct http_request *req)
{
    return req->content_length_bytes;
}

void http_note_set(struct http_request *req, void *note)
{
    req->note = note;
}

int http_worker(const struct http_request *req)
{
    return req->worker;
}

void *http_note(const struct http_request *req)
{
    return req->note;
}

/* The value of params[i] where its name is `name`, else NULL. */
static const char *value_of(const char *param, const char *name, size_t name_len)
{
    return strncmp(param, name, name_len) == 0 && param[name_len] == '=' ? param + name_len + 1 : NULL;
}

struct str http_param(const struct http_request *req, const char *name)
{
    size_t name_len = strlen(name);

    for (char *const *param = req->params; *param != NULL; param++) {
        const char *value = value_of(*param, name, name_len);
        if (value != NULL)
            return str_from(value);
    }
    return (struct str){ NULL, 0 };
}

/* "If-Match" → "HTTP_IF_MATCH"; the two headers that CGI knows by another name keep that. */
static void param_name(const char *header, char ret_name[HEADER_NAME_MAX])
{
    char *out = ret_name;
    const char *end = ret_name + HEADER_NAME_MAX - 1;
    const char *prefix = strcasecmp(header, "Content-Type") == 0 ? "" : "HTTP_";

    while (*prefix != '\0')
        *out++ = *prefix++;
    for (; *header != '\0' && out < end; header++)
        *out++ = *header == '-' ? '_' : (char)toupper((unsigned char)*header);
    *out = '\0';
}

struct str http_header(const struct http_request *req, const char *name)
{
    char param[HEADER_NAME_MAX];

    param_name(name, param);
    return http_param(req, param);
}

size_t http_header_count(const struct http_request *req, const char *name)
{
    char wanted[HEADER_NAME_MAX];
    size_t wanted_len;
    size_t count = 0;

    param_name(name, wanted);
    wanted_len = strlen(wanted);
    for (char *const *param = req->params; *param != NULL; param++)
        count += value_of(*param, wanted, wanted_len) != NULL;
    return count;
}
