/* A request that came from nowhere: parameters and a body out of memory, the latter in pieces of a chosen size. */
#ifndef PARLEY_TESTS_HTTP_FAKE_REQUEST_H
#define PARLEY_TESTS_HTTP_FAKE_REQUEST_H

#include "../../../app/http/request_private.h"

enum { FAKE_PARAMS_MAX = 16 };

struct fake_request {
    struct http_request request;
    struct arena *arena;
    size_t param_count;
    char *params[FAKE_PARAMS_MAX + 1];
    struct str body;
    size_t taken_bytes;
    size_t piece_bytes; /* at most so many at once */
};

static inline enum err fake_body_read(void *arg, void *bytes, size_t room_bytes, size_t *ret_len)
{
    struct fake_request *fake = arg;
    size_t len = fake->body.len - fake->taken_bytes;

    if (len > room_bytes)
        len = room_bytes;
    if (len > fake->piece_bytes)
        len = fake->piece_bytes;
    if (len > 0)
        memcpy(bytes, fake->body.ptr + fake->taken_bytes, len);
    fake->taken_bytes += len;
    *ret_len = len;
    return ERR_OK;
}

/* Call it after all fake_param: request is what it is then. */
static inline struct http_request *fake_ready(struct fake_request *fake)
{
    request_init(&fake->request, fake->params, fake_body_read, fake);
    return &fake->request;
}

static inline void fake_param(struct fake_request *fake, const char *name, struct str value)
{
    size_t len = strlen(name);
    char *pair = arena_alloc(fake->arena, len + value.len + 2);

    memcpy(pair, name, len);
    pair[len] = '=';
    if (value.len > 0)
        memcpy(pair + len + 1, value.ptr, value.len);
    pair[len + 1 + value.len] = '\0';
    fake->params[fake->param_count++] = pair;
}

static inline void fake_init(struct fake_request *fake, const char *method, struct str uri)
{
    *fake = (struct fake_request){ .piece_bytes = SIZE_MAX };
    fake->arena = arena_new(32U << 20);
    fake_param(fake, "REQUEST_METHOD", str_from(method));
    fake_param(fake, "REQUEST_URI", uri);
}

static inline void fake_body(struct fake_request *fake, const char *type, struct str body)
{
    char length[24];

    snprintf(length, sizeof(length), "%zu", body.len);
    fake_param(fake, "CONTENT_LENGTH", str_from(length));
    if (type != NULL)
        fake_param(fake, "CONTENT_TYPE", str_from(type));
    fake->body = body;
}

static inline void fake_release(struct fake_request *fake)
{
    arena_free(fake->arena);
}

#endif
