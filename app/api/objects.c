/* The folder store's own addresses: what an S3 server would answer at its presigned ones. */
#include "parley/domain/files/signed_object.h"

#include "parley/api/routes.h"

static struct signed_object_request asked(const struct call *call)
{
    struct str path = call->path;

    if (str_starts_with(path, STR("/api/")))
        path = str_tail(path, strlen("/api"));
    return (struct signed_object_request){
        .path = str_tail(path, strlen("/objects/")),
        .query = http_raw_query(call->request),
        .content_length = http_content_length(call->request),
    };
}

static enum err object_show(struct ctx *ctx, const struct call *call, struct reply *reply)
{
    const struct signed_object_request request = asked(call);
    struct signed_object object;

    TRY(signed_object_get(ctx, &request, &object));
    reply_header(reply, "X-Accel-Redirect", arena_cstr(ctx->arena, object.accel_path));
    reply->content_type = arena_cstr(ctx->arena, object.content_type);
    reply_header(reply, "Content-Disposition", arena_cstr(ctx->arena, object.disposition));
    return arena_check(ctx->arena);
}

static enum err body_source(void *arg, void *bytes, size_t room_bytes, size_t *ret_len)
{
    return http_body_read(arg, bytes, room_bytes, ret_len);
}

static enum err object_put(struct ctx *ctx, const struct call *call, struct reply *reply)
{
    const struct signed_object_request request = asked(call);
    struct str etag;

    TRY(signed_object_put(ctx, &request, body_source, call->request, &etag));
    reply_header(reply, "ETag", arena_cstr(ctx->arena, etag));
    return arena_check(ctx->arena);
}

static const struct route routes[] = {
    { GET, "/objects/{folder:word}/{name:word}", object_show, .access = ACCESS_SIGNED_URL, .role = ROLE_NO_WORKSPACE,
      .scope = SCOPE_NONE, .rate = RATE_FREE, .flags = ROUTE_TAGGED, .status = 200, .id = "getObject",
      .fails = { ERR_FORBIDDEN, ERR_NOT_FOUND, ERR_PRECONDITION }, .media = "*/*",
      .doc = "The address of a download, as `GET /attachments/{attachment}/url` or a redirect has it.",
      .summary = "Fetch an object by its signed address", .tag = "Files" },
    { PUT, "/objects/{folder:word}/{name:word}", object_put, .access = ACCESS_SIGNED_URL, .role = ROLE_NO_WORKSPACE,
      .scope = SCOPE_NONE, .rate = RATE_FREE, .flags = ROUTE_RAW_BODY, .status = 200, .id = "putObject",
      .fails = { ERR_FORBIDDEN, ERR_NOT_FOUND, ERR_TOO_LARGE, ERR_UPLOAD_MISMATCH, ERR_CONFLICT },
      .doc = "The address of an upload, as `POST /workspaces/{workspace}/uploads` has it.",
      .summary = "Store an object, or a part of it, at its signed address", .tag = "Files" },
};
const struct route_table objects_routes = { routes, COUNT_OF(routes) };
