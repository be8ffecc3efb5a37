#include "parley/api/routes.h"
#include "parley/core/limits.h"
#include "parley/domain/talk/message.h"
#include "parley/domain/talk/message_edit.h"
#include "parley/gate/page_reply.h"
#include "parley/shapes/message.h"

/* ---- what goes in and out ---- */

struct reply_query {
    struct body body;
    int64_t after_seq, limit;
};
enum { SENT_AFTER, SENT_LIMIT };
#define QUERY_FIELD(member) .offset = offsetof(struct reply_query, member)
static const struct field query_fields[] = {
    [SENT_AFTER] = { "after_seq", FIELD_INT, 0, 0, INT64_MAX, QUERY_FIELD(after_seq), .example = "42",
                     .doc = "The oldest above it" },
    [SENT_LIMIT] = { "limit", FIELD_INT, 0, 1, PAGE_MAX, QUERY_FIELD(limit), .example = "50",
                     .doc = "50 unless said otherwise" },
};
static const struct spec query_spec = { SPEC_INIT("ReplyQuery", struct reply_query, query_fields) };

#define VERSION_FIELD(member) .offset = offsetof(struct message_version, member)
static const struct field version_fields[] = {
    { "version", FIELD_INT, VERSION_FIELD(version), .example = "2", .doc = "Goes up with each change" },
    { "content", FIELD_STR, VERSION_FIELD(content), .example = "\"The figures are in the file.\"",
      .doc = "Its text then" },
    { "created_at", FIELD_TIME, VERSION_FIELD(created_us), .doc = "Since when it said so" },
};
static const struct spec version_spec = { SPEC_INIT("MessageVersion", struct message_version, version_fields),
                                          .doc = "A text that a message had" };

/* ---- handlers ---- */

static struct message_location location_of(const struct call *call)
{
    return (
        struct message_location){ .workspace = &call->workspace, .principal = call->principal, .chat = call->ids[0] };
}

static enum err replies_list(struct ctx *ctx, const struct call *call, struct reply *reply)
{
    const struct reply_query *query = call->query;
    const struct message_location location = location_of(call);
    const struct reply_range range = {
        .message = call->ids[1],
        .after_seq = query->after_seq,
        .limit = body_sent(query, SENT_LIMIT) ? query->limit : PAGE_DEFAULT,
    };
    struct list messages;

    TRY(message_reply_list(ctx, &location, &range, &messages));
    spec_encode_list(&reply->json, &message_spec, messages.items, messages.count);
    return ERR_OK;
}

static enum err versions_find(struct ctx *ctx, const struct call *call, const struct page *page, struct list *ret_list)
{
    const struct message_location location = location_of(call);
    const struct message_version_range range = {
        .message = call->ids[1],
        .after_version = page->after.key_count > 0 ? page->after.keys[0] : 0,
        .limit = page->limit,
    };

    return message_version_list(ctx, &location, &range, ret_list);
}

static enum err history_list(struct ctx *ctx, const struct call *call, struct reply *reply)
{
    static const struct page_source source = { .list = versions_find,
                                               .spec = &version_spec,
                                               .row_bytes = sizeof(struct message_version),
                                               .key_count = 1,
                                               .key_offsets = { offsetof(struct message_version, version) } };

    return page_reply(ctx, call, &source, reply);
}

/* clang-format off */
static const struct route routes[] = {
    { GET, "/workspaces/{workspace}/chat/{chat}/message/{message}/replies", replies_list,
      .access = ACCESS_SIGNED_IN, .role = ROLE_GUEST, .scope = SCOPE_READ, .rate = RATE_READ,
      .query = &query_spec, .reply = &message_spec, .reply_shape = REPLY_LIST, .status = 200,
      .id = "listReplies",
      .fails = { ERR_CHAT_NOT_FOUND, ERR_NOT_JOINED, ERR_MESSAGE_NOT_FOUND },
      .doc = "The message may be any of the thread, or its beginning, which is not among them.",
      .summary = "List the replies of the thread that a message is in, oldest first", .tag = "Messages" },
    { GET, "/workspaces/{workspace}/chat/{chat}/message/{message}/history", history_list,
      .access = ACCESS_SIGNED_IN, .role = ROLE_GUEST, .scope = SCOPE_READ, .rate = RATE_READ,
      .flags = ROUTE_PAGED, .reply = &version_spec, .reply_shape = REPLY_LIST, .status = 200,
      .id = "listMessageVersions",
      .fails = { ERR_CHAT_NOT_FOUND, ERR_NOT_JOINED, ERR_MESSAGE_NOT_FOUND },
      .summary = "List what a message said before it was edited, oldest first, its present text last",
      .tag = "Messages" },
};
/* clang-format on */
const struct route_table message_threads_routes = { routes, COUNT_OF(routes) };
