#include "parley/domain/talk/chat_state.h"

#include "parley/api/routes.h"
#include "parley/core/limits.h"
#include "parley/domain/talk/chat.h"
#include "parley/gate/page_reply.h"
#include "parley/shapes/chat.h"

/* ---- what goes in and out ---- */
/* clang-format off */
#define STATE_FIELD(member) .offset = offsetof(struct chat_own, member)
static const struct field unread_fields[] = {
    { "chat_id", FIELD_UUID, STATE_FIELD(chat), .doc = "The chat" },
    { "unread_count", FIELD_INT, STATE_FIELD(unread_count), .example = "2",
      .doc = "Messages behind the read mark that are still there" },
    { "mention_count", FIELD_INT, STATE_FIELD(mention_count), .example = "1",
      .doc = "How often those name the caller, or everyone" },
    { "last_seq", FIELD_INT, STATE_FIELD(last_seq), .example = "42", .doc = "The number of the newest message ever" },
};
static const struct spec unread_spec = { SPEC_INIT("Unread", struct chat_own, unread_fields),
    .doc = "A chat, and what the caller has not read in it" };
static const struct field state_fields[] = {
    { SPEC_INLINE(&unread_spec) },
    { "last_read_seq", FIELD_INT, STATE_FIELD(read_seq), .example = "40", .doc = "So far the caller has read; 0: nothing" },
    { "notify", FIELD_ENUM, STATE_FIELD(notify), .names = chat_notify_names, .type_name = "ChatNotify",
      .doc = "What one is notified of: mentions (and direct chats), all, none" },
    { "starred", FIELD_BOOL, STATE_FIELD(starred), .doc = "The caller has put a star to it" },
    { "draft", FIELD_STR, FIELD_NULLABLE, STATE_FIELD(draft), .example = "\"What if we\"",
      .doc = "What the caller has begun to write; null: nothing" },
};
static const struct spec state_spec = { SPEC_INIT("ChatState", struct chat_own, state_fields),
    .doc = "One's own state of a chat" };

#define PLACE_FIELD(member) .offset = offsetof(struct chat_read_place, member)
static const struct field place_fields[] = {
    { "user_id", FIELD_UUID, PLACE_FIELD(user), .doc = "Somebody in the chat" },
    { "last_read_seq", FIELD_INT, PLACE_FIELD(read_seq), .example = "40", .doc = "So far they have read; 0: nothing" },
};
static const struct spec place_spec = { SPEC_INIT("ReadPlace", struct chat_read_place, place_fields),
    .doc = "How far somebody has read a chat" };

/* Rows in the order of enum chat_state_field's bits. */
struct change_body {
    struct body body;
    int notify; /* enum chat_notify */
    bool starred;
    struct str draft;
};
#define CHANGE_FIELD(member) .offset = offsetof(struct change_body, member)
static const struct field change_fields[] = {
    { "notify", FIELD_ENUM, CHANGE_FIELD(notify), .names = chat_notify_names, .type_name = "ChatNotify",
      .doc = "What one is notified of: mentions (and direct chats), all, none" },
    { "starred", FIELD_BOOL, CHANGE_FIELD(starred), .doc = "Put a star to the chat, or take it off" },
    { "draft", FIELD_STR, FIELD_NULLABLE, 0, DRAFT_MAX_CHARS, CHANGE_FIELD(draft), .example = "\"What if we\"",
      .doc = "What one has begun to write; null or empty: none" },
};
static const struct spec change_spec = { SPEC_INIT("ChatStateChange", struct change_body, change_fields),
    .doc = "What is to be changed of one's own state of a chat" };

struct mark_body {
    struct body body;
    int64_t seq;
    bool unread;
};
#define MARK_FIELD(member) .offset = offsetof(struct mark_body, member)
static const struct field mark_fields[] = {
    { "seq", FIELD_INT, FIELD_REQUIRED, 1, INT64_MAX, MARK_FIELD(seq), .example = "42", .doc = "Of the last message that was read" },
    { "unread", FIELD_BOOL, MARK_FIELD(unread), .doc = "true: from that message on it is unread again" },
};
static const struct spec mark_spec = { SPEC_INIT("ReadMark", struct mark_body, mark_fields),
    .doc = "How far one has read" };
/* clang-format on */

/* ---- handlers ---- */

static struct chat_target target_of(const struct call *call)
{
    return (struct chat_target){ .m = &call->workspace, .user_id = call->principal->user_id, .chat = call->ids[0] };
}

static enum err state_get(struct ctx *ctx, const struct call *call, struct reply *reply)
{
    struct chat_own state;
    struct chat_ref chat;

    TRY(chat_require(ctx, &call->workspace, call->principal->user_id, &call->ids[0], CHAT_READ, &chat));
    TRY(chat_state_get(ctx, &chat, &state));
    spec_encode(&reply->json, &state_spec, &state);
    return ERR_OK;
}

static enum err state_put(struct ctx *ctx, const struct call *call, struct reply *reply)
{
    const struct change_body *body = call->body;
    const struct chat_state_change change = {
        .fields = (unsigned)body->body.sent, .notify = body->notify, .starred = body->starred, .draft = body->draft
    };
    const struct chat_target target = target_of(call);
    struct chat_own state;

    TRY(chat_state_put(ctx, &target, &change, &state));
    spec_encode(&reply->json, &state_spec, &state);
    return ERR_OK;
}

static enum err read_list(struct ctx *ctx, const struct call *call, struct reply *reply)
{
    struct chat_ref chat;
    struct list list;

    TRY(chat_require(ctx, &call->workspace, call->principal->user_id, &call->ids[0], CHAT_READ, &chat));
    TRY(chat_read_list(ctx, &chat, call->principal, &list));
    spec_encode_list(&reply->json, &place_spec, list.items, list.count);
    return ERR_OK;
}

static enum err read_post(struct ctx *ctx, const struct call *call, struct reply *reply)
{
    const struct mark_body *body = call->body;
    const struct chat_target target = target_of(call);
    struct chat_own state;

    TRY(chat_state_mark(ctx, &target, body->seq, body->unread ? CHAT_MARK_UNREAD : CHAT_MARK_READ, &state));
    spec_encode(&reply->json, &state_spec, &state);
    return ERR_OK;
}

static enum err unread_find(struct ctx *ctx, const struct call *call, const struct page *page, struct list *ret_list)
{
    const struct chat_unread_opts opts = {
        .user_id = call->principal->user_id,
        .after_id = page->after.key_count > 0 ? page->after.keys[0] : 0,
        .limit = page->limit,
    };

    return chat_unread_list(ctx, &call->workspace, &opts, ret_list);
}

static enum err unread_list(struct ctx *ctx, const struct call *call, struct reply *reply)
{
    static const struct page_source source = { .list = unread_find,
                                               .spec = &unread_spec,
                                               .row_bytes = sizeof(struct chat_own),
                                               .key_count = 1,
                                               .key_offsets = { offsetof(struct chat_own, id) } };

    return page_reply_all(ctx, call, &source, NULL, reply);
}

/* clang-format off */
static const struct route routes[] = {
    { GET, "/workspaces/{workspace}/unread", unread_list,
      .access = ACCESS_SIGNED_IN, .role = ROLE_GUEST, .scope = SCOPE_READ, .rate = RATE_READ,
      .flags = ROUTE_PAGED, .reply = &unread_spec, .reply_shape = REPLY_LIST, .status = 200,
      .id = "listUnread", .doc = "All of them, unless `limit` or `cursor` is sent.",
      .summary = "List the chats in which something is unread, and how much", .tag = "Chats" },
    { GET, "/workspaces/{workspace}/chat/{chat}/state", state_get,
      .access = ACCESS_SIGNED_IN, .role = ROLE_GUEST, .scope = SCOPE_READ, .rate = RATE_READ,
      .reply = &state_spec, .status = 200,
      .id = "getChatState",
      .fails = { ERR_CHAT_NOT_FOUND, ERR_NOT_JOINED },
      .summary = "Read one's own state of a chat: what is unread, notifications, star, draft", .tag = "Chats" },
    { PUT, "/workspaces/{workspace}/chat/{chat}/state", state_put,
      .access = ACCESS_SIGNED_IN, .role = ROLE_GUEST, .scope = SCOPE_WRITE, .rate = RATE_WRITE,
      .body = &change_spec, .reply = &state_spec, .status = 200,
      .id = "updateChatState",
      .fails = { ERR_CHAT_NOT_FOUND, ERR_NOT_JOINED },
      .doc = "What is not sent stays as it is.",
      .summary = "Change one's own state of a chat", .tag = "Chats" },
    { GET, "/workspaces/{workspace}/chat/{chat}/read", read_list,
      .access = ACCESS_SIGNED_IN, .role = ROLE_GUEST, .scope = SCOPE_READ, .rate = RATE_READ,
      .reply = &place_spec, .reply_shape = REPLY_LIST, .status = 200,
      .id = "listReadPlaces",
      .fails = { ERR_CHAT_NOT_FOUND, ERR_NOT_JOINED },
      .doc = "Everyone in a chat of up to 20 people, whose `read` events all of them are told; in a larger one the caller alone.",
      .summary = "List how far those in a chat have read", .tag = "Chats" },
    { POST, "/workspaces/{workspace}/chat/{chat}/read", read_post,
      .access = ACCESS_SIGNED_IN, .role = ROLE_GUEST, .scope = SCOPE_WRITE, .rate = RATE_MARK,
      .body = &mark_spec, .reply = &state_spec, .status = 200,
      .id = "markRead",
      .fails = { ERR_CHAT_NOT_FOUND, ERR_NOT_JOINED },
      .doc = "A mark that is further on stays; with `unread`, one that is further back.",
      .summary = "Mark a chat as read up to a message, or as unread from one on", .tag = "Chats" },
};
/* clang-format on */
const struct route_table chat_states_routes = { routes, COUNT_OF(routes) };
