#include "parley/domain/files/signed_object.h"

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

enum err signed_object_put(struct ctx *ctx, const struct signed_object_request *request, store_source_fn source,
                           void *arg, struct str *ret_etag)
{
    struct store_local_grant grant;
    enum err e;

    TRY(grant_get(ctx, request, (struct store_local_request){ .action = STORE_LOCAL_PUT }, &grant));
    TRY(upload_key_check(ctx, grant.key));
    e = store_local_receive(ctx->app->store, ctx->arena, &grant, source, arg, ret_etag);
    return e == ERR_OK ? ERR_OK : fail(ctx, e);
}
