#include "parley/domain/files/attachment.h"

#include "parley/api/routes.h"
#include "parley/core/clock.h"
#include "parley/core/limits.h"
#include "parley/gate/page_reply.h"
#include "parley/gate/precondition.h"
#include "parley/shapes/attachment.h"

/* ---- what goes in and out ---- */

#define ATTACHMENT_FIELD(member) .offset = offsetof(struct attachment, member)
static const struct field listed_fields[] = {
    { SPEC_INLINE(&attachment_spec) },
    { "chat_id", FIELD_UUID, ATTACHMENT_FIELD(chat), .doc = "The chat that it is in" },
    { "message_id", FIELD_UUID, ATTACHMENT_FIELD(message), .doc = "The message that it belongs to" },
    { "uploader_id", FIELD_UUID, FIELD_NULLABLE, ATTACHMENT_FIELD(uploader),
      .doc = "Who sent it; null once they are gone" },
    { "created_at", FIELD_TIME, ATTACHMENT_FIELD(created_us), .doc = "When it was made" },
};
static const struct spec listed_spec = { SPEC_INIT("WorkspaceAttachment", struct attachment, listed_fields),
                                         .doc = "A file, and where it is" };

struct url_query {
    struct body body;
    int64_t expires_in_s;
};
static const struct field url_query_fields[] = {
    { "expires_in", FIELD_INT, 0, 1, DOWNLOAD_URL_MAX_S, .offset = offsetof(struct url_query, expires_in_s),
      .example = "900", .doc = "Seconds; 3600 unless said otherwise" },
};
static const struct spec url_query_spec = { SPEC_INIT("AttachmentUrlQuery", struct url_query, url_query_fields) };

struct url_view {
    struct str url;
    int64_t expires_us;
};
static const struct field url_fields[] = {
    { "url", FIELD_STR, .offset = offsetof(struct url_view, url),
      .example = "\"https://chat.example.org/objects/workspace_1/20260102_4f0c1b5a.csv?sig=Zm9v\"",
      .doc = "Good for whoever has it, until it expires" },
    { "expires_at", FIELD_TIME, .offset = offsetof(struct url_view, expires_us),
      .doc = "When the address stops working" },
};
static const struct spec url_spec = { SPEC_INIT("AttachmentUrl", struct url_view, url_fields),
                                      .doc = "An address of a file that needs no credential" };

/* ---- handlers ---- */

/*
 * nginx sends the file itself, whole or a range, or says that it has not changed: its own tag, of time and size, is the one that
 * it can compare with If-Match and If-Range. What it does not know is said here.
 */
static enum err reply_by_nginx(struct ctx *ctx, const struct attachment *attachment, const struct download *download,
                               struct reply *reply)
{
    reply_header(reply, "X-Accel-Redirect", arena_cstr(ctx->arena, download->accel_path));
    reply->content_type = arena_cstr(ctx->arena, attachment->served_type);
    reply_header(reply, "Content-Disposition", arena_cstr(ctx->arena, download->disposition));
    reply_header(reply, "Cache-Control", "private, no-cache");
    reply->status = 200;
    return arena_check(ctx->arena);
}

/* A client that has the bytes need not go to the store again: those behind an id never change, so the id is their tag. */
static enum err reply_by_store(struct ctx *ctx, const struct call *call, const struct attachment *attachment,
                               const struct download *download, struct reply *reply)
{
    char id[UUID_TEXT_BYTES];

    uuid_format(&attachment->uuid, id);
    reply_header(reply, "ETag", arena_printf(ctx->arena, "\"%s\"", id));
    if (precondition_is_fresh(call, str_from(id))) {
        reply->status = 304;
        reply_header(reply, "Cache-Control", "private, no-cache");
        return arena_check(ctx->arena);
    }
    reply->status = 302;
    reply_header(reply, "Cache-Control", "private, no-store");
    reply_header(reply, "Location", arena_cstr(ctx->arena, download->url));
    return arena_check(ctx->arena);
}

static enum err attachment_show(struct ctx *ctx, const struct call *call, struct reply *reply)
{
    struct attachment attachment;
    struct download download;
    enum err e;

    TRY(attachment_get(ctx, call->principal, &call->ids[0], &attachment));
    e = attachment_download(ctx, &attachment, DOWNLOAD_BY_SERVER, DOWNLOAD_REDIRECT_S, &download);
    if (e != ERR_OK)
        return fail(ctx, e);
    return download.accel_path.ptr != NULL ? reply_by_nginx(ctx, &attachment, &download, reply)
                                           : reply_by_store(ctx, call, &attachment, &download, reply);
}

static enum err attachment_url_show(struct ctx *ctx, const struct call *call, struct reply *reply)
{
    const struct url_query *query = call->query;
    int64_t life_s = body_sent(query, 0) ? query->expires_in_s : DOWNLOAD_URL_MAX_S;
    struct attachment attachment;
    struct download download;
    struct url_view view;
    enum err e;

    TRY(attachment_get(ctx, call->principal, &call->ids[0], &attachment));
    e = attachment_download(ctx, &attachment, DOWNLOAD_BY_URL, (int)life_s, &download);
    if (e != ERR_OK)
        return fail(ctx, e);
    view = (struct url_view){ download.url, ctx->now_us + life_s * US_PER_S };
    spec_encode(&reply->json, &url_spec, &view);
    return ERR_OK;
}

static enum err attachments_find(struct ctx *ctx, const struct call *call, const struct page *page,
                                 struct list *ret_list)
{
    const struct attachment_query query = {
        .workspace_id = call->workspace.workspace_id,
        .user_id = call->principal->user_id,
        .before_id = page->after.key_count > 0 ? page->after.keys[0] : 0,
        .limit = page->limit,
    };

    return attachment_list(ctx, &query, ret_list);
}

static enum err attachments_list(struct ctx *ctx, const struct call *call, struct reply *reply)
{
    static const struct page_source source = { .list = attachments_find,
                                               .spec = &listed_spec,
                                               .row_bytes = sizeof(struct attachment),
                                               .key_count = 1,
                                               .key_offsets = { offsetof(struct attachment, id) } };

    return page_reply(ctx, call, &source, reply);
}

/* ---- routes ---- */

static const struct route routes[] = {
    { GET, "/attachments/{attachment}", attachment_show, .access = ACCESS_SIGNED_IN, .role = ROLE_NO_WORKSPACE,
      .scope = SCOPE_READ, .rate = RATE_READ, .cookie = COOKIE_READ, .flags = ROUTE_TAGGED, .status = 302,
      .other_status = 200, .id = "getAttachment", .media = "*/*",
      .fails = { ERR_ATTACHMENT_NOT_FOUND, ERR_SECOND_FACTOR, ERR_PRECONDITION },
      .doc = "With the object store a redirect to an address of a minute, with the folder store the bytes "
             "themselves. Content-Type is the type of the file. `Range` is taken.",
      .summary = "The bytes of a file: a redirect to the store, or the file itself", .tag = "Files" },
    { GET, "/attachments/{attachment}/url", attachment_url_show, .access = ACCESS_SIGNED_IN, .role = ROLE_NO_WORKSPACE,
      .scope = SCOPE_READ, .rate = RATE_READ, .query = &url_query_spec, .reply = &url_spec, .status = 200,
      .id = "createAttachmentUrl", .fails = { ERR_ATTACHMENT_NOT_FOUND, ERR_SECOND_FACTOR },
      .summary = "An address of the file that needs no credential, for a while", .tag = "Files" },
    { GET, "/workspaces/{workspace}/attachments", attachments_list, .access = ACCESS_SIGNED_IN, .role = ROLE_GUEST,
      .scope = SCOPE_READ, .rate = RATE_READ, .flags = ROUTE_PAGED, .reply = &listed_spec, .reply_shape = REPLY_LIST,
      .status = 200, .id = "listAttachments", .summary = "The files of the chats that one may read, newest first",
      .tag = "Files" },
};
const struct route_table attachments_routes = { routes, COUNT_OF(routes) };
