#include "parley/api/routes.h"
#include "parley/core/limits.h"
#include "parley/domain/events/stream.h"
#include "parley/domain/talk/chat.h"
#include "parley/domain/talk/typing.h"
#include "parley/shapes/event_encode.h"

struct stream_query {
    struct body body;
    struct str last_event_id, focus;
};
#define QUERY_FIELD(member) .offset = offsetof(struct stream_query, member)
static const struct field query_fields[] = {
    { "last_event_id", FIELD_STR, .max = STREAM_ID_MAX_CHARS, QUERY_FIELD(last_event_id),
      .doc = "What the header Last-Event-ID says, for those who cannot send it; the header counts" },
    { "focus", FIELD_STR, .max = STREAM_FOCUS_MAX * UUID_TEXT_BYTES, QUERY_FIELD(focus),
      .doc = "Up to 4 chats, with commas, whose message.delta is told; a chat's own stream always has its own" },
};
static const struct spec query_spec = { SPEC_INIT("StreamQuery", struct stream_query, query_fields) };

static enum err query_fault(struct ctx *ctx, const char *field, const char *message)
{
    return problem_add(ctx->problem,
                       (struct fault){ .where = "query", .field = field, .type = "value_error", .message = message });
}

/* An address ends up in logs and histories. */
static enum err no_token_check(struct ctx *ctx, const struct call *call)
{
    static const char *const names[] = { "access_token", "token", "authorization", "api_key", "key" };
    const struct http_pair *pairs;
    size_t count;

    TRY(http_query(call->request, ctx->arena, &pairs, &count));
    for (size_t i = 0; i < count; i++)
        for (size_t n = 0; n < COUNT_OF(names); n++)
            if (str_eq_nocase(pairs[i].name, str_from(names[n])))
                return query_fault(ctx, names[n], "send credentials in a header, never in an address");
    return ERR_OK;
}

static enum err focus_read(struct ctx *ctx, struct str text, struct stream_request *request)
{
    struct str piece;

    while (text.len > 0 && str_split(&text, ',', &piece))
        if (request->focus_count == STREAM_FOCUS_MAX ||
            uuid_parse(str_trim(piece), &request->focus[request->focus_count++]) != ERR_OK)
            return query_fault(ctx, "focus", "must be up to 4 ids of chats, with commas between");
    return ERR_OK;
}

static enum err answer(struct ctx *ctx, const struct call *call, struct stream_request *request, struct reply *reply)
{
    const struct stream_query *query = call->query;
    const struct stream_opening *opening;
    struct str header = http_header(call->request, "Last-Event-ID");

    request->principal = call->principal;
    request->content = event_encode;
    request->last_event_id = header.len > 0 ? header : query->last_event_id;
    TRY(no_token_check(ctx, call));
    TRY(focus_read(ctx, query->focus, request));
    reply->content_type = "text/event-stream";
    if (http_method(call->request) == HEAD)
        return ERR_OK;
    TRY(stream_open(ctx, request, &reply->body, &opening));
    reply_stream(reply, "text/event-stream", opening);
    return ERR_OK;
}

static enum err stream_of_user(struct ctx *ctx, const struct call *call, struct reply *reply)
{
    struct stream_request request = { .scope = STREAM_OF_USER };

    return answer(ctx, call, &request, reply);
}

static enum err stream_of_workspace(struct ctx *ctx, const struct call *call, struct reply *reply)
{
    struct stream_request request = { .scope = STREAM_OF_WORKSPACE, .workspace_id = call->workspace.workspace_id };

    return answer(ctx, call, &request, reply);
}

static enum err stream_of_chat(struct ctx *ctx, const struct call *call, struct reply *reply)
{
    struct stream_request request = { .scope = STREAM_OF_CHAT, .workspace_id = call->workspace.workspace_id };
    struct chat_ref chat;

    TRY(chat_require(ctx, &call->workspace, call->principal->user_id, &call->ids[0], CHAT_READ, &chat));
    request.chat_id = chat.id;
    return answer(ctx, call, &request, reply);
}

static enum err typing_post(struct ctx *ctx, const struct call *call, struct reply *reply)
{
    struct chat_ref chat;

    (void)reply;
    TRY(chat_require(ctx, &call->workspace, call->principal->user_id, &call->ids[0], CHAT_WRITE, &chat));
    return typing_tell(ctx, call->principal, &chat);
}

#define STREAM_DOC \
    "Server-Sent Events: each has its position in the log as `id`; coming back with the last one as Last-Event-ID tells " \
    "everything since, or `sync` where that cannot be told. The last event is `end`, which says why and whether to come back."

/* clang-format off */
static const struct route routes[] = {
    { GET, "/stream", stream_of_user,
      .access = ACCESS_SIGNED_IN, .role = ROLE_NO_WORKSPACE, .scope = SCOPE_READ, .rate = RATE_READ,
      .query = &query_spec, .status = 200, .media = "text/event-stream",
      .id = "openStream", .fails = { ERR_STREAMS, ERR_STREAMS_FULL, ERR_UNAVAILABLE, ERR_CHAT_NOT_FOUND, ERR_TOKEN, ERR_KEY },
      .doc = STREAM_DOC,
      .summary = "Events of everything that one may read, as they happen", .tag = "Live events" },
    { GET, "/workspaces/{workspace}/stream", stream_of_workspace,
      .access = ACCESS_SIGNED_IN, .role = ROLE_GUEST, .scope = SCOPE_READ, .rate = RATE_READ,
      .query = &query_spec, .status = 200, .media = "text/event-stream",
      .id = "openWorkspaceStream", .fails = { ERR_STREAMS, ERR_STREAMS_FULL, ERR_UNAVAILABLE, ERR_CHAT_NOT_FOUND, ERR_TOKEN, ERR_KEY },
      .doc = STREAM_DOC,
      .summary = "Events of a workspace", .tag = "Live events" },
    { GET, "/workspaces/{workspace}/chat/{chat}/stream", stream_of_chat,
      .access = ACCESS_SIGNED_IN, .role = ROLE_GUEST, .scope = SCOPE_READ, .rate = RATE_READ,
      .query = &query_spec, .status = 200, .media = "text/event-stream",
      .id = "openChatStream", .fails = { ERR_CHAT_NOT_FOUND, ERR_NOT_JOINED, ERR_STREAMS, ERR_STREAMS_FULL, ERR_UNAVAILABLE, ERR_TOKEN, ERR_KEY },
      .doc = STREAM_DOC,
      .summary = "Events of a chat", .tag = "Live events" },
    { POST, "/workspaces/{workspace}/chat/{chat}/typing", typing_post,
      .access = ACCESS_SIGNED_IN, .role = ROLE_MEMBER, .scope = SCOPE_WRITE, .rate = RATE_WRITE,
      .status = 204,
      .id = "tellTyping", .fails = { ERR_CHAT_NOT_FOUND, ERR_NOT_JOINED, ERR_FORBIDDEN, ERR_CHAT_ARCHIVED },
      .doc = "Told to those who have a stream open, and stored nowhere.",
      .summary = "Tell the others that one is writing; once in 3 s counts, in chats of up to 200", .tag = "Live events" },
};
/* clang-format on */
const struct route_table streams_routes = { routes, COUNT_OF(routes) };
