#include "parley/api/routes.h"
#include "parley/core/limits.h"
#include "parley/domain/talk/chat_archive.h"
#include "parley/domain/talk/chat_fork.h"
#include "parley/gate/location.h"
#include "parley/shapes/chat.h"

/* ---- putting away ---- */

static enum err shelve(struct ctx *ctx, const struct call *call, enum chat_shelf shelf, struct reply *reply)
{
    const struct chat_target target = { .m = &call->workspace,
                                        .user_id = call->principal->user_id,
                                        .chat = call->ids[0] };
    struct chat chat;

    TRY(chat_archive(ctx, &target, shelf, &chat));
    spec_encode(&reply->json, &chat_spec, &chat);
    return ERR_OK;
}

static enum err archive_post(struct ctx *ctx, const struct call *call, struct reply *reply)
{
    return shelve(ctx, call, CHAT_ARCHIVED, reply);
}

static enum err unarchive_post(struct ctx *ctx, const struct call *call, struct reply *reply)
{
    return shelve(ctx, call, CHAT_IN_USE, reply);
}

/* ---- beginning as another one ---- */

struct fork_body {
    struct body body;
    struct uuid message;
    struct str title;
};
/* clang-format off */
#define FORK_FIELD(member) .offset = offsetof(struct fork_body, member)
static const struct field fork_fields[] = {
    { "message_id", FIELD_UUID, FIELD_REQUIRED, FORK_FIELD(message), .doc = "The last message that comes along" },
    { "title", FIELD_STR, FIELD_NULLABLE | FIELD_LINE, 1, NAME_MAX_CHARS, FORK_FIELD(title),
      .example = "\"Release 2.0, the other way\"", .doc = "The chat's own unless said otherwise; a direct chat has none" },
};
static const struct spec fork_spec = { SPEC_INIT("ChatFork", struct fork_body, fork_fields),
    .doc = "Up to where a chat is taken over" };
/* clang-format on */

static enum err fork_post(struct ctx *ctx, const struct call *call, struct reply *reply)
{
    const struct fork_body *body = call->body;
    const struct chat_fork_opts opts = { .m = &call->workspace,
                                         .user_id = call->principal->user_id,
                                         .chat = call->ids[0],
                                         .message = body->message,
                                         .title = body->title,
                                         .claim = call->claim };
    char workspace[UUID_TEXT_BYTES], id[UUID_TEXT_BYTES];
    struct chat chat;

    TRY(chat_fork(ctx, &opts, &chat));
    uuid_format(&chat.workspace, workspace);
    uuid_format(&chat.uuid, id);
    location_set(ctx, call, reply, arena_printf(ctx->arena, "/workspaces/%s/chat/%s", workspace, id));
    spec_encode(&reply->json, &chat_spec, &chat);
    return ERR_OK;
}

/* clang-format off */
static const struct route routes[] = {
    { POST, "/workspaces/{workspace}/chat/{chat}/archive", archive_post,
      .access = ACCESS_SIGNED_IN, .role = ROLE_MEMBER, .scope = SCOPE_WRITE, .rate = RATE_WRITE,
      .reply = &chat_spec, .status = 200,
      .id = "archiveChat",
      .fails = { ERR_CHAT_NOT_FOUND, ERR_FORBIDDEN },
      .doc = "It is out of the lists of chats and of what is unread (`archived=true` lists it). Whoever may read it still does, "
             "and finds it; messages, edits, reactions and pins are refused with 409 `chat_archived`, deleting is not.",
      .summary = "Archive a chat (its creator, or an OWNER; a direct chat any of its people)", .tag = "Chats" },
    { POST, "/workspaces/{workspace}/chat/{chat}/unarchive", unarchive_post,
      .access = ACCESS_SIGNED_IN, .role = ROLE_MEMBER, .scope = SCOPE_WRITE, .rate = RATE_WRITE,
      .reply = &chat_spec, .status = 200,
      .id = "unarchiveChat",
      .fails = { ERR_CHAT_NOT_FOUND, ERR_FORBIDDEN },
      .summary = "Bring an archived chat back (its creator, or an OWNER; a direct chat any of its people)", .tag = "Chats" },
    { POST, "/workspaces/{workspace}/chat/{chat}/fork", fork_post,
      .access = ACCESS_SIGNED_IN, .role = ROLE_MEMBER, .scope = SCOPE_WRITE, .rate = RATE_WRITE,
      .flags = ROUTE_IDEMPOTENT, .body = &fork_spec, .reply = &chat_spec, .status = 201,
      .id = "forkChat",
      .fails = { ERR_CHAT_NOT_FOUND, ERR_NOT_JOINED, ERR_MESSAGE_NOT_FOUND, ERR_LIMIT },
      .doc = "Everything up to the message comes into a new chat with the same settings, at the same numbers and by the same "
             "authors, with its files; not its reactions, pins, mentions and earlier texts, and no more than 10,000 messages and "
             "2,000 files. Where the chat is not for everyone in the workspace, its maker is alone in the new one.",
      .summary = "Begin a new chat as another one did, up to a message", .tag = "Chats" },
};
/* clang-format on */
const struct route_table chat_shelf_routes = { routes, COUNT_OF(routes) };
