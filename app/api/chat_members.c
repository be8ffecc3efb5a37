#include "parley/domain/talk/chat_member.h"
#include "parley/gate/page_reply.h"

/* Whether the caller may still see the chat is looked at for each piece. */
static enum err members_find(struct ctx *ctx, const struct call *call, const struct page *page, struct list *ret_list)
{
    const struct member_range range = { page->after.key_count > 0 ? page->after.keys[0] : 0, page->limit };

    return chat_member_list(ctx, &call->workspace, call->principal->user_id, &call->ids[0], &range, ret_list);
}

#include "parley/api/routes.h"
#include "parley/shapes/chat.h"
#include "parley/shapes/member.h"

static enum err members_list(struct ctx *ctx, const struct call *call, struct reply *reply)
{
    static const struct page_source source = { .list = members_find,
                                               .spec = &member_spec,
                                               .row_bytes = sizeof(struct member),
                                               .key_count = 1,
                                               .key_offsets = { offsetof(struct member, id) } };

    return page_reply_all(ctx, call, &source, NULL, reply);
}

static enum err join_post(struct ctx *ctx, const struct call *call, struct reply *reply)
{
    struct chat chat;

    TRY(chat_member_join(ctx, &call->workspace, call->principal->user_id, &call->ids[0], &chat));
    spec_encode(&reply->json, &chat_spec, &chat);
    return ERR_OK;
}

static enum err leave_post(struct ctx *ctx, const struct call *call, struct reply *reply)
{
    (void)reply;
    return chat_member_remove(ctx, &call->workspace, call->principal->user_id, &call->ids[0], &call->principal->user);
}

static enum err members_put(struct ctx *ctx, const struct call *call, struct reply *reply)
{
    struct member member;

    TRY(chat_member_put(ctx, &call->workspace, call->principal->user_id, &call->ids[0], &call->ids[1], &member));
    spec_encode(&reply->json, &member_spec, &member);
    return ERR_OK;
}

static enum err members_delete(struct ctx *ctx, const struct call *call, struct reply *reply)
{
    (void)reply;
    return chat_member_remove(ctx, &call->workspace, call->principal->user_id, &call->ids[0], &call->ids[1]);
}

/* clang-format off */
static const struct route routes[] = {
    { GET, "/workspaces/{workspace}/chat/{chat}/members", members_list,
      .access = ACCESS_SIGNED_IN, .role = ROLE_GUEST, .scope = SCOPE_READ, .rate = RATE_READ,
      .flags = ROUTE_PAGED, .reply = &member_spec, .reply_shape = REPLY_LIST, .status = 200,
      .id = "listChatMembers", .doc = "All of them, unless `limit` or `cursor` is sent.",
      .fails = { ERR_CHAT_NOT_FOUND, ERR_NOT_JOINED },
      .summary = "List who is in a chat, with their roles in the workspace", .tag = "Chat members" },
    { POST, "/workspaces/{workspace}/chat/{chat}/join", join_post,
      .access = ACCESS_SIGNED_IN, .role = ROLE_GUEST, .scope = SCOPE_WRITE, .rate = RATE_WRITE,
      .reply = &chat_spec, .status = 200,
      .id = "joinChat",
      .fails = { ERR_CHAT_NOT_FOUND, ERR_NOT_JOINABLE, ERR_DIRECT_CHAT },
      .doc = "A chat whose `join` is `open`. Who is in it already stays in it.",
      .summary = "Join an open chat", .tag = "Chat members" },
    { POST, "/workspaces/{workspace}/chat/{chat}/leave", leave_post,
      .access = ACCESS_SIGNED_IN, .role = ROLE_GUEST, .scope = SCOPE_WRITE, .rate = RATE_WRITE, .status = 204,
      .id = "leaveChat",
      .fails = { ERR_CHAT_NOT_FOUND, ERR_NOT_JOINABLE, ERR_NOT_JOINED, ERR_MEMBER_NOT_FOUND, ERR_DIRECT_CHAT },
      .summary = "Leave a chat; an invite-only one that its last member leaves is deleted", .tag = "Chat members" },
    { PUT, "/workspaces/{workspace}/chat/{chat}/members/{user}", members_put,
      .access = ACCESS_SIGNED_IN, .role = ROLE_MEMBER, .scope = SCOPE_WRITE, .rate = RATE_WRITE,
      .reply = &member_spec, .status = 200,
      .id = "addChatMember",
      .fails = { ERR_CHAT_NOT_FOUND, ERR_NOT_JOINABLE, ERR_MEMBER_NOT_FOUND, ERR_FORBIDDEN, ERR_NOT_JOINED,
                 ERR_DIRECT_CHAT },
      .summary = "Put a member of the workspace into a chat (its creator, or an OWNER)", .tag = "Chat members" },
    { DELETE, "/workspaces/{workspace}/chat/{chat}/members/{user}", members_delete,
      .access = ACCESS_SIGNED_IN, .role = ROLE_GUEST, .scope = SCOPE_WRITE, .rate = RATE_WRITE, .status = 204,
      .id = "removeChatMember",
      .fails = { ERR_CHAT_NOT_FOUND, ERR_NOT_JOINABLE, ERR_MEMBER_NOT_FOUND, ERR_FORBIDDEN, ERR_NOT_JOINED,
                 ERR_DIRECT_CHAT },
      .summary = "Take someone out of a chat (its creator, or an OWNER), or oneself", .tag = "Chat members" },
};
/* clang-format on */
const struct route_table chat_members_routes = { routes, COUNT_OF(routes) };
