#include "parley/domain/files/upload_plan.h"

#include "parley/api/routes.h"
#include "parley/core/limits.h"
#include "parley/domain/files/upload_completion.h"
#include "parley/gate/location.h"
#include "parley/shapes/attachment.h"

/* ---- what goes in and out ---- */

enum { CONTENT_TYPE_MAX_CHARS = 255 };

struct begin_body {
    struct body body;
    struct str filename;
    int64_t size_bytes;
    struct str content_type;
    struct str sha256;
    int64_t width, height;
};
#define BEGIN_FIELD(member) .offset = offsetof(struct begin_body, member)
static const struct field begin_fields[] = {
    { "filename", FIELD_STR, FIELD_REQUIRED, 1, NAME_MAX_CHARS, BEGIN_FIELD(filename), .example = "\"figures.csv\"",
      .doc = "Its name, as it was sent" },
    { "size", FIELD_INT, FIELD_REQUIRED, 0, INT64_MAX, BEGIN_FIELD(size_bytes), .example = "20480",
      .doc = "Bytes, exactly" },
    { "content_type", FIELD_STR, FIELD_NULLABLE, 0, CONTENT_TYPE_MAX_CHARS, BEGIN_FIELD(content_type),
      .example = "\"text/csv\"", .doc = "Taken and not believed: the name and the bytes tell the type" },
    { "sha256", FIELD_STR, FIELD_NULLABLE, 64, 64, BEGIN_FIELD(sha256),
      .example = "\"9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08\"",
      .doc = "Hex digits. With it the store refuses other bytes, or a job removes them" },
    { "width", FIELD_INT, FIELD_NULLABLE, 1, PICTURE_SIDE_MAX, BEGIN_FIELD(width), .example = "1280",
      .doc = "Of a picture, in pixels: a hint for layout" },
    { "height", FIELD_INT, FIELD_NULLABLE, 1, PICTURE_SIDE_MAX, BEGIN_FIELD(height), .example = "720",
      .doc = "Likewise" },
};
static const struct spec begin_spec = { SPEC_INIT("UploadBegin", struct begin_body, begin_fields),
                                        .doc = "What is to be uploaded" };

static const struct field part_fields[] = {
    { "number", FIELD_INT, .offset = offsetof(struct upload_part, number), .doc = "From 1" },
    { "size", FIELD_INT, .offset = offsetof(struct upload_part, size_bytes), .example = "20480", .doc = "Bytes" },
    { "uploaded", FIELD_BOOL, .offset = offsetof(struct upload_part, uploaded), .doc = "The store has it" },
    { "url", FIELD_STR, FIELD_NULLABLE, .offset = offsetof(struct upload_part, url),
      .example = "\"https://chat.example.org/objects/workspace_1/20260102_4f0c1b5a.csv?part=1&sig=Zm9v\"",
      .doc = "null where it is there" },
};
static const struct spec part_spec = { SPEC_INIT("UploadPart", struct upload_part, part_fields),
                                       .doc = "A piece of a file" };

struct upload_view {
    struct uuid id;
    struct str filename;
    int64_t size_bytes;
    bool uploaded;
    int method; /* -1: by parts */
    struct str url, headers;
    int64_t part_size_bytes;
    struct list *parts; /* NULL: one PUT */
    struct list part_list;
    int64_t expires_us;
};
static const char *const method_names[] = { "PUT", NULL };
#define VIEW_FIELD(member) .offset = offsetof(struct upload_view, member)
static const struct field single_fields[] = {
    { "upload_id", FIELD_UUID, VIEW_FIELD(id), .doc = "Its identifier" },
    { "filename", FIELD_STR, VIEW_FIELD(filename), .example = "\"figures.csv\"", .doc = "As it was sent" },
    { "size", FIELD_INT, VIEW_FIELD(size_bytes), .example = "20480", .doc = "Bytes" },
    { "uploaded", FIELD_BOOL, VIEW_FIELD(uploaded), .doc = "All bytes are there; complete it" },
    { "method", FIELD_ENUM, FIELD_OMIT, VIEW_FIELD(method), .names = method_names, .type_name = "UploadMethod",
      .doc = "Up to 64 MiB: one PUT" },
    { "url", FIELD_STR, FIELD_OMIT, VIEW_FIELD(url),
      .example = "\"https://chat.example.org/objects/workspace_1/20260102_4f0c1b5a.csv?sig=Zm9v\"",
      .doc = "Where the one PUT goes" },
    { "headers", FIELD_RAW, FIELD_OMIT, VIEW_FIELD(headers),
      .schema = "\"type\":\"object\",\"additionalProperties\":{\"type\":\"string\"}",
      .doc = "What must be sent with the one PUT" },
    { "part_size", FIELD_INT, FIELD_OMIT, VIEW_FIELD(part_size_bytes), .doc = "Of each part but the last" },
    { "parts", FIELD_LIST, VIEW_FIELD(part_list), .spec = &part_spec,
      .doc = "Pieces of the file, from 1; empty for one PUT" },
    { "expires_at", FIELD_TIME, VIEW_FIELD(expires_us), .doc = "When the addresses stop working" },
};
static const struct spec upload_spec = { SPEC_INIT("Upload", struct upload_view, single_fields),
                                         .doc = "An upload, and where its bytes go" };

struct etag_body {
    struct body body;
    int64_t number;
    struct str etag;
};
enum { ETAG_MAX_CHARS = 255 };
static const struct field etag_fields[] = {
    { "number", FIELD_INT, FIELD_REQUIRED, 1, UPLOAD_PARTS_MAX, .offset = offsetof(struct etag_body, number),
      .doc = "From 1" },
    { "etag", FIELD_STR, FIELD_REQUIRED, 1, ETAG_MAX_CHARS, .offset = offsetof(struct etag_body, etag),
      .example = "\"d41d8cd98f00b204e9800998ecf8427e\"", .doc = "As the store answered it" },
};
static const struct spec etag_spec = { SPEC_INIT("UploadPartTag", struct etag_body, etag_fields),
                                       .doc = "What the store answered to a part" };

struct complete_body {
    struct body body;
    struct list parts;
};
static const struct field complete_fields[] = {
    { "parts", FIELD_LIST, FIELD_NULLABLE, 0, UPLOAD_PARTS_MAX, .offset = offsetof(struct complete_body, parts),
      .spec = &etag_spec, .doc = "What the store answered; without it the store is asked" },
};
static const struct spec complete_spec = { SPEC_INIT("UploadComplete", struct complete_body, complete_fields),
                                           .doc = "What the store answered" };

/* ---- handlers ---- */

static enum err upload_reply(struct ctx *ctx, struct upload *upload, enum upload_ask ask, struct reply *reply)
{
    struct upload_plan plan;
    struct upload_view view = {
        .id = upload->uuid,
        .filename = upload->filename,
        .size_bytes = upload->size_bytes,
        .part_size_bytes = INT_NULL,
        .expires_us = upload->expires_us,
    };

    TRY(upload_plan(ctx, upload, ask, &plan));
    view.uploaded = plan.uploaded;
    view.method = plan.parts.count > 0 ? -1 : 0;
    view.url = plan.url;
    view.headers = plan.headers;
    if (plan.parts.count > 0)
        view.part_size_bytes = upload->part_size_bytes;
    view.part_list = plan.parts;
    spec_encode(&reply->json, &upload_spec, &view);
    return ERR_OK;
}

static void upload_location_set(struct ctx *ctx, const struct call *call, const struct uuid *upload,
                                struct reply *reply)
{
    char workspace[UUID_TEXT_BYTES], id[UUID_TEXT_BYTES];

    uuid_format(&call->workspace.workspace, workspace);
    uuid_format(upload, id);
    location_set(ctx, call, reply, arena_printf(ctx->arena, "/workspaces/%s/uploads/%s", workspace, id));
}

static int64_t side_of(int64_t pixels)
{
    return pixels == INT_NULL ? 0 : pixels;
}

static enum err upload_post(struct ctx *ctx, const struct call *call, struct reply *reply)
{
    const struct begin_body *body = call->body;
    const struct upload_draft draft = {
        .workspace = &call->workspace,
        .principal = call->principal,
        .filename = body->filename,
        .size_bytes = body->size_bytes,
        .picture = { side_of(body->width), side_of(body->height) },
        .sha256_hex = body->sha256,
        .claim = call->claim,
    };
    struct upload upload;

    TRY(upload_create(ctx, &draft, &upload));
    upload_location_set(ctx, call, &upload.uuid, reply);
    return upload_reply(ctx, &upload, UPLOAD_ALL_MISSING, reply);
}

static enum err upload_show(struct ctx *ctx, const struct call *call, struct reply *reply)
{
    struct upload upload;

    TRY(upload_get(ctx, call->workspace.workspace_id, call->principal->user_id, &call->ids[0], &upload));
    return upload_reply(ctx, &upload, UPLOAD_ASK_STORE, reply);
}

static enum err etags_copy(struct ctx *ctx, const struct complete_body *body, struct upload_completion *completion)
{
    const struct etag_body *sent = body->parts.items;
    struct upload_etag *etags = arena_calloc(ctx->arena, body->parts.count, sizeof(*etags));

    if (etags == NULL)
        return fail(ctx, ERR_NO_MEMORY);
    for (size_t i = 0; i < body->parts.count; i++)
        etags[i] = (struct upload_etag){ sent[i].number, sent[i].etag };
    completion->etags = etags;
    completion->etag_count = body->parts.count;
    return ERR_OK;
}

static enum err upload_finish(struct ctx *ctx, const struct call *call, struct reply *reply)
{
    struct upload_completion completion = {
        .workspace = &call->workspace,
        .principal = call->principal,
        .upload = call->ids[0],
    };
    struct attachment attachment;

    TRY(etags_copy(ctx, call->body, &completion));
    TRY(upload_complete(ctx, &completion, &attachment));
    location_set(ctx, call, reply, arena_cstr(ctx->arena, str_tail(attachment.url, strlen(ctx->config->public_url))));
    spec_encode(&reply->json, &attachment_spec, &attachment);
    return ERR_OK;
}

static enum err upload_remove(struct ctx *ctx, const struct call *call, struct reply *reply)
{
    (void)reply;
    return upload_cancel(ctx, call->workspace.workspace_id, call->principal->user_id, &call->ids[0]);
}

/* ---- routes ---- */

static const struct route routes[] = {
    { POST, "/workspaces/{workspace}/uploads", upload_post, .access = ACCESS_SIGNED_IN, .role = ROLE_MEMBER,
      .scope = SCOPE_WRITE, .rate = RATE_UPLOAD, .flags = ROUTE_IDEMPOTENT, .body = &begin_spec, .reply = &upload_spec,
      .status = 201, .id = "beginUpload", .fails = { ERR_FILE_NAME, ERR_FILE_TYPE, ERR_LIMIT, ERR_QUOTA },
      .doc = "Up to 64 MiB the bytes go in one PUT to `url` with `headers`; a larger file goes in parts of "
             "`part_size` bytes to the addresses of `parts`. Then complete it.",
      .summary = "Begin an upload that goes straight to the store", .tag = "Files" },
    { GET, "/workspaces/{workspace}/uploads/{upload}", upload_show, .access = ACCESS_SIGNED_IN, .role = ROLE_MEMBER,
      .scope = SCOPE_READ, .rate = RATE_READ, .reply = &upload_spec, .status = 200, .id = "getUpload",
      .fails = { ERR_UPLOAD_NOT_FOUND, ERR_FORBIDDEN, ERR_CONFLICT },
      .summary = "Which parts of an upload are there, and where the others go", .tag = "Files" },
    { POST, "/workspaces/{workspace}/uploads/{upload}/complete", upload_finish, .access = ACCESS_SIGNED_IN,
      .role = ROLE_MEMBER, .scope = SCOPE_WRITE, .rate = RATE_UPLOAD, .body = &complete_spec, .reply = &attachment_spec,
      .status = 201, .id = "completeUpload",
      .fails = { ERR_UPLOAD_NOT_FOUND, ERR_UPLOAD_INCOMPLETE, ERR_UPLOAD_MISMATCH, ERR_FILE_TYPE, ERR_FILE_CONTENT,
                 ERR_CONFLICT, ERR_FORBIDDEN },
      .summary = "Check what has arrived and make it an attachment", .tag = "Files" },
    { DELETE, "/workspaces/{workspace}/uploads/{upload}", upload_remove, .access = ACCESS_SIGNED_IN,
      .role = ROLE_MEMBER, .scope = SCOPE_WRITE, .rate = RATE_WRITE, .status = 204, .id = "cancelUpload",
      .fails = { ERR_UPLOAD_NOT_FOUND, ERR_FORBIDDEN }, .summary = "Give an upload up", .tag = "Files" },
};
const struct route_table uploads_routes = { routes, COUNT_OF(routes) };
