#include "parley/domain/talk/reaction.h"

#include "parley/api/routes.h"
#include "parley/domain/talk/pin.h"
#include "parley/shapes/message.h"

static struct message_location location_of(const struct call *call)
{
    return (
        struct message_location){ .workspace = &call->workspace, .principal = call->principal, .chat = call->ids[0] };
}

/* ---- reactions ---- */

static struct reaction_target target_of(const struct call *call)
{
    return (struct reaction_target){ .location = location_of(call), .message = call->ids[1], .emoji = call->words[0] };
}

static enum err reactions_put(struct ctx *ctx, const struct call *call, struct reply *reply)
{
    const struct reaction_target target = target_of(call);
    struct reaction reaction;

    TRY(reaction_put(ctx, &target, &reaction));
    spec_encode(&reply->json, &reaction_spec, &reaction);
    return ERR_OK;
}

static enum err reactions_delete(struct ctx *ctx, const struct call *call, struct reply *reply)
{
    const struct reaction_target target = target_of(call);

    (void)reply;
    return reaction_remove(ctx, &target);
}

/* ---- pins ---- */

static enum err pins_put(struct ctx *ctx, const struct call *call, struct reply *reply)
{
    const struct message_location location = location_of(call);

    (void)reply;
    return pin_put(ctx, &location, &call->ids[1]);
}

static enum err pins_delete(struct ctx *ctx, const struct call *call, struct reply *reply)
{
    const struct message_location location = location_of(call);

    (void)reply;
    return pin_remove(ctx, &location, &call->ids[1]);
}

static enum err pins_list(struct ctx *ctx, const struct call *call, struct reply *reply)
{
    const struct message_location location = location_of(call);
    struct list messages;

    TRY(pin_list(ctx, &location, &messages));
    spec_encode_list(&reply->json, &message_spec, messages.items, messages.count);
    return ERR_OK;
}

/* clang-format off */
static const struct route routes[] = {
    { PUT, "/workspaces/{workspace}/chat/{chat}/message/{message}/reactions/{emoji:word}", reactions_put,
      .access = ACCESS_SIGNED_IN, .role = ROLE_GUEST, .scope = SCOPE_WRITE, .rate = RATE_WRITE,
      .reply = &reaction_spec, .status = 200,
      .id = "addReaction",
      .fails = { ERR_CHAT_NOT_FOUND, ERR_NOT_JOINED, ERR_MESSAGE_NOT_FOUND, ERR_INVALID, ERR_LIMIT, ERR_CHAT_ARCHIVED },
      .doc = "Any one emoji of Unicode 15.1. Its forms with and without a variation selector are the same reaction.",
      .summary = "React to a message with an emoji; again changes nothing", .tag = "Messages" },
    { DELETE, "/workspaces/{workspace}/chat/{chat}/message/{message}/reactions/{emoji:word}", reactions_delete,
      .access = ACCESS_SIGNED_IN, .role = ROLE_GUEST, .scope = SCOPE_WRITE, .rate = RATE_WRITE, .status = 204,
      .id = "removeReaction",
      .fails = { ERR_CHAT_NOT_FOUND, ERR_NOT_JOINED, ERR_MESSAGE_NOT_FOUND, ERR_INVALID },
      .summary = "Take one's reaction back", .tag = "Messages" },
    { PUT, "/workspaces/{workspace}/chat/{chat}/message/{message}/pin", pins_put,
      .access = ACCESS_SIGNED_IN, .role = ROLE_MEMBER, .scope = SCOPE_WRITE, .rate = RATE_WRITE, .status = 204,
      .id = "pinMessage",
      .fails = { ERR_CHAT_NOT_FOUND, ERR_NOT_JOINED, ERR_MESSAGE_NOT_FOUND, ERR_LIMIT, ERR_CHAT_ARCHIVED },
      .summary = "Pin a message to its chat", .tag = "Messages" },
    { DELETE, "/workspaces/{workspace}/chat/{chat}/message/{message}/pin", pins_delete,
      .access = ACCESS_SIGNED_IN, .role = ROLE_MEMBER, .scope = SCOPE_WRITE, .rate = RATE_WRITE, .status = 204,
      .id = "unpinMessage",
      .fails = { ERR_CHAT_NOT_FOUND, ERR_NOT_JOINED, ERR_MESSAGE_NOT_FOUND, ERR_CHAT_ARCHIVED },
      .summary = "Take a pinned message off", .tag = "Messages" },
    { GET, "/workspaces/{workspace}/chat/{chat}/pins", pins_list,
      .access = ACCESS_SIGNED_IN, .role = ROLE_GUEST, .scope = SCOPE_READ, .rate = RATE_READ,
      .reply = &message_spec, .reply_shape = REPLY_LIST, .status = 200,
      .id = "listPinnedMessages",
      .fails = { ERR_CHAT_NOT_FOUND, ERR_NOT_JOINED },
      .summary = "List the messages that are pinned to a chat, the last pinned first", .tag = "Messages" },
};
/* clang-format on */
const struct route_table reactions_routes = { routes, COUNT_OF(routes) };
