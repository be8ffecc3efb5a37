#include "parley/domain/files/signed_object.h"

#include "parley/core/clock.h"
#include "parley/core/limits.h"
#include "parley/domain/files/room.h"
#include "parley/domain/files/upload.h"

static enum err grant_get(struct ctx *ctx, const struct signed_object_request *asked,
                          struct store_local_request request, struct store_local_grant *ret_grant)
{
    enum err e;

    request.path = asked->path;
    request.query = asked->query;
    request.content_length = asked->content_length;
    request.now_us = ctx->now_us;
    e = store_local_verify(ctx->app->store, ctx->arena, &request, ret_grant);
    return e == ERR_OK ? ERR_OK : fail(ctx, e);
}

enum err signed_object_get(struct ctx *ctx, const struct signed_object_request *request,
                           struct signed_object *ret_object)
{
    struct store_local_grant grant;
    struct str accel_path;

    TRY(grant_get(ctx, request, (struct store_local_request){ .action = STORE_LOCAL_GET }, &grant));
    accel_path = store_accel_path(ctx->app->store, ctx->arena, grant.key);
    *ret_object = (struct signed_object){ accel_path, grant.content_type, grant.disposition };
    return arena_check(ctx->arena);
}

/* The bytes of an upload, for as long as it stands. */
struct watched {
    struct ctx *ctx;
    const struct store_local_grant *grant;
    store_source_fn source;
    void *arg;
    int64_t looked_us; /* monotonic */
};

static enum err look_again(struct watched *watched)
{
    int64_t now_us = clock_monotonic_us();

    if (now_us - watched->looked_us < UPLOAD_LOOK_S * US_PER_S)
        return ERR_OK;
    watched->looked_us = now_us;
    if (clock_now_us() >= watched->grant->expires_us)
        return failf(watched->ctx, ERR_FORBIDDEN, "The address has expired");
    return upload_key_check(watched->ctx, watched->grant->key);
}

static enum err watched_read(void *arg, void *bytes, size_t room_bytes, size_t *ret_len)
{
    struct watched *watched = arg;

    TRY(watched->source(watched->arg, bytes, room_bytes, ret_len));
    return look_again(watched);
}

enum err signed_object_put(struct ctx *ctx, const struct signed_object_request *request, store_source_fn source,
                           void *arg, struct str *ret_etag)
{
    struct store_local_grant grant;
    struct watched watched = { ctx, &grant, source, arg, clock_monotonic_us() };
    enum err e;

    TRY(grant_get(ctx, request, (struct store_local_request){ .action = STORE_LOCAL_PUT }, &grant));
    TRY(upload_key_check(ctx, grant.key));
    TRY(room_on_disk_check(ctx));
    e = store_local_receive(ctx->app->store, ctx->arena, &grant, watched_read, &watched, ret_etag);
    return e == ERR_OK ? ERR_OK : fail(ctx, e);
}
