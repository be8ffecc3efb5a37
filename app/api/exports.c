/* What people take with them, and what a workspace would lose by keeping less. */
#include "parley/api/routes.h"
#include "parley/core/tar.h"
#include "parley/domain/lifecycle/archive.h"
#include "parley/domain/lifecycle/chat_export.h"
#include "parley/domain/lifecycle/retention.h"
#include "parley/domain/record/audit.h"
#include "parley/domain/workspaces/workspace.h"
#include "parley/shapes/archive_encode.h"
#include "parley/shapes/chat_export_encode.h"

/* ---- a chat ---- */

struct export_query {
    struct body body;
    int format; /* enum chat_export_format */
};
enum { QUERY_FORMAT };
/* clang-format off */
static const struct field export_query_fields[] = {
    [QUERY_FORMAT] = { "format", FIELD_ENUM, .offset = offsetof(struct export_query, format), .names = chat_export_format_names,
      .type_name = "ChatExportFormat",
      .doc = "json (left out, too): one object; jsonl: an object a line, the chat first, then each message, then the end; html: "
             "one page that loads nothing" },
};
/* clang-format on */
static const struct spec export_query_spec = { SPEC_INIT("ChatExportQuery", struct export_query, export_query_fields) };

/* By chat_export_format. */
static const char *const media[] = { "application/json", "application/x-ndjson", "text/html; charset=utf-8" };

/* One that is being sent. In the request arena. */
struct sending {
    struct ctx *ctx;
    struct chat_export *export;
    struct chat_export_writer writer;
    size_t last_bytes;
};

static enum err piece_write(struct sending *sending, bool *ret_more)
{
    struct list messages;

    TRY(chat_export_next(sending->ctx, sending->export, sending->last_bytes, &messages));
    chat_export_messages_encode(&sending->writer, &messages);
    *ret_more = messages.count > 0;
    if (!*ret_more)
        chat_export_tail_encode(&sending->writer);
    sending->last_bytes = sending->writer.json->buf->len;
    return ERR_OK;
}

static enum err piece_next(void *arg, struct arena *a, struct reply *reply, bool *ret_more)
{
    struct sending *sending = arg;
    struct arena *requests_own = sending->ctx->arena;
    enum err e;

    (void)reply;
    sending->ctx->arena = a;
    e = piece_write(sending, ret_more);
    sending->ctx->arena = requests_own;
    return e;
}

/* A page that is opened here may do nothing; that it is a download is said, too. */
static enum err download_headers(struct ctx *ctx, const char *what, const struct uuid *id, const char *extension,
                                 struct reply *reply)
{
    char text[UUID_TEXT_BYTES];

    uuid_format(id, text);
    reply_header(reply, "Content-Disposition",
                 arena_printf(ctx->arena, "attachment; filename=\"%s-%s.%s\"", what, text, extension));
    reply_header(reply, "Content-Security-Policy", "sandbox; default-src 'none'; style-src 'unsafe-inline'");
    return arena_check(ctx->arena);
}

static enum err chat_export_get(struct ctx *ctx, const struct call *call, struct reply *reply)
{
    const struct export_query *query = call->query;
    struct chat_export_opts opts = { .membership = &call->workspace,
                                     .principal = call->principal,
                                     .chat = call->ids[0],
                                     .format = str_from(chat_export_format_names[query->format]) };
    struct sending *sending = arena_calloc(ctx->arena, 1, sizeof(*sending));
    struct chat_ref chat;

    if (sending == NULL)
        return fail(ctx, ERR_NO_MEMORY);
    TRY(download_headers(ctx, "chat", &call->ids[0], chat_export_format_names[query->format], reply));
    reply->content_type = media[query->format];
    if (http_method(call->request) == HEAD)
        return chat_require(ctx, opts.membership, opts.principal->user_id, &opts.chat, CHAT_READ, &chat);
    TRY(chat_export_begin(ctx, &opts, &sending->export));
    sending->ctx = ctx;
    sending->writer = (struct chat_export_writer){ .format = (enum chat_export_format)query->format,
                                                   .json = &reply->json };
    chat_export_head_encode(&sending->writer, &sending->export->chat, ctx->now_us);
    sending->last_bytes = reply->body.len;
    reply_pieces(reply, (struct reply_source){ piece_next, sending });
    return ERR_OK;
}

/* ---- one's own ---- */

struct archiving {
    struct ctx *ctx;
    struct archive *archive;
    struct export_guard guard;
    size_t last_bytes;
};

static void archiving_end(void *arg)
{
    archive_free(arg);
}

static enum err archive_piece_write(struct archiving *archiving, struct buf *out, bool *ret_more)
{
    struct archive_piece piece;

    TRY(archive_next(archiving->ctx, archiving->archive, out, &piece));
    TRY(export_guard_check(archiving->ctx, &archiving->guard, piece.more ? EXPORT_PIECE : EXPORT_LAST_PIECE,
                           archiving->last_bytes));
    if (!piece.more)
        tar_end(out);
    archiving->last_bytes = out->len;
    *ret_more = piece.more;
    return ERR_OK;
}

static enum err archive_piece_next(void *arg, struct arena *a, struct reply *reply, bool *ret_more)
{
    struct archiving *archiving = arg;
    struct arena *requests_own = archiving->ctx->arena;
    enum err e;

    archiving->ctx->arena = a;
    e = archive_piece_write(archiving, &reply->body, ret_more);
    archiving->ctx->arena = requests_own;
    return e;
}

static enum err archive_begin(struct ctx *ctx, const struct principal *principal, struct archiving *archiving)
{
    TRY(archive_of_person(ctx, principal->user_id, &archive_encoder, &archiving->archive));
    if (arena_defer(ctx->arena, archiving_end, archiving->archive) != ERR_OK)
        return fail(ctx, ERR_NO_MEMORY);
    archiving->ctx = ctx;
    export_guard_begin(&archiving->guard, principal, 0, 0);
    return audit_add(ctx, &(struct audit_entry){
                              .action = AUDIT_USER_EXPORTED, .target_kind = AUDIT_ON_USER, .target = principal->user });
}

static enum err own_export_get(struct ctx *ctx, const struct call *call, struct reply *reply)
{
    struct archiving *archiving = arena_calloc(ctx->arena, 1, sizeof(*archiving));

    if (archiving == NULL)
        return fail(ctx, ERR_NO_MEMORY);
    TRY(download_headers(ctx, "parley", &call->principal->user, "tar", reply));
    reply->content_type = "application/x-tar";
    if (http_method(call->request) == HEAD)
        return ERR_OK;
    TRY(archive_begin(ctx, call->principal, archiving));
    reply_pieces(reply, (struct reply_source){ archive_piece_next, archiving });
    return ERR_OK;
}

/* ---- what keeping less would remove ---- */

struct preview_query {
    struct body body;
    int64_t days;
};
enum { QUERY_DAYS };
/* clang-format off */
static const struct field preview_query_fields[] = {
    [QUERY_DAYS] = { "days", FIELD_INT, .offset = offsetof(struct preview_query, days), .min = 1, .max = RETENTION_DAYS_MAX,
      .doc = "Of which time is asked; left out: of the workspace's own retention_days" },
};
static const struct spec preview_query_spec = { SPEC_INIT("RetentionPreviewQuery", struct preview_query, preview_query_fields) };

#define PREVIEW_FIELD(member) .offset = offsetof(struct retention_preview, member)
static const struct field preview_fields[] = {
    { "days", FIELD_INT, PREVIEW_FIELD(days), .example = "90", .doc = "Of which time it is" },
    { "before", FIELD_TIME, PREVIEW_FIELD(before_us), .doc = "What is older would go" },
    { "messages", FIELD_INT, PREVIEW_FIELD(message_count), .example = "1200",
      .doc = "Messages that would go, those that are deleted already included" },
    { "files", FIELD_INT, PREVIEW_FIELD(file_count), .example = "17", .doc = "Their files" },
    { "bytes", FIELD_INT, PREVIEW_FIELD(byte_count), .example = "20480",
      .doc = "What these hold; a file that another message has, too, goes with the last of them" },
};
static const struct spec preview_spec = { SPEC_INIT("RetentionPreview", struct retention_preview, preview_fields),
    .doc = "What a run at this moment would erase" };
/* clang-format on */

/* retention_days of a workspace that keeps everything is no number of days. */
static enum err days_find(struct ctx *ctx, const struct call *call, int64_t *ret_days)
{
    const struct preview_query *query = call->query;
    struct workspace workspace;

    *ret_days = query->days;
    if (body_sent(query, QUERY_DAYS))
        return ERR_OK;
    TRY(workspace_get(ctx, &call->workspace.workspace, call->principal->user_id, &workspace));
    *ret_days = workspace.retention_days;
    if (workspace.retention_days > 0)
        return ERR_OK;
    return problem_add(ctx->problem, (struct fault){ "query", "days", "value_error.missing",
                                                     "say how many: this workspace keeps everything" });
}

static enum err retention_preview_get(struct ctx *ctx, const struct call *call, struct reply *reply)
{
    struct retention_preview preview;
    int64_t days = 0;

    TRY(days_find(ctx, call, &days));
    TRY(retention_preview(ctx, call->workspace.workspace_id, days, &preview));
    spec_encode(&reply->json, &preview_spec, &preview);
    return ERR_OK;
}

/* clang-format off */
static const struct route routes[] = {
    { GET, "/workspaces/{workspace}/chat/{chat}/export", chat_export_get,
      .access = ACCESS_SIGNED_IN, .role = ROLE_GUEST, .scope = SCOPE_READ, .rate = RATE_EXPORT, .cookie = COOKIE_READ,
      .query = &export_query_spec, .reply = &chat_export_spec, .status = 200, .media = "text/html,application/x-ndjson",
      .id = "exportChat", .fails = { ERR_CHAT_NOT_FOUND, ERR_NOT_JOINED, ERR_BUSY },
      .doc = "Sent as it is read, without a length; where it breaks off before its end the transfer is seen to have failed. It "
             "ends when the right to read the chat does. Files are named with their addresses and SHA-256. Two exports are made at "
             "once, one of each person; the others get 503.",
      .summary = "Take a chat along: all its messages, as JSON, lines of JSON, or a page", .tag = "Chats" },
    { GET, "/auth/me/export", own_export_get,
      .access = ACCESS_SIGNED_IN, .role = ROLE_NO_WORKSPACE, .scope = SCOPE_NONE, .rate = RATE_EXPORT, .cookie = COOKIE_READ,
      .status = 200, .media = "application/x-tar",
      .id = "exportOwnData", .fails = { ERR_BUSY },
      .doc = "A tar archive: account.json, lines of JSON with what one has written, its earlier texts, reactions, read marks and "
             "drafts, and the files, of all workspaces; of what one has passed on, one's own words. Sent as it is read, as an "
             "export of a chat is.",
      .summary = "Take along all that one has on this server", .tag = "Sign-in" },
    { GET, "/workspaces/{workspace}/retention/preview", retention_preview_get,
      .access = ACCESS_SIGNED_IN, .role = ROLE_OWNER, .scope = SCOPE_READ, .rate = RATE_READ,
      .query = &preview_query_spec, .reply = &preview_spec, .status = 200,
      .id = "previewRetention",
      .doc = "Counted by the rule by which the job erases each hour: in each chat everything from its beginning up to the first "
             "message that is not older.",
      .summary = "Count what keeping messages for so many days would erase now", .tag = "Workspaces" },
};
/* clang-format on */
const struct route_table exports_routes = { routes, COUNT_OF(routes) };
