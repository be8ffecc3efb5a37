#include "parley/domain/talk/saved.h"

#include "parley/api/routes.h"
#include "parley/gate/page_reply.h"
#include "parley/shapes/message.h"

/* clang-format off */
#define SAVED_FIELD(member) .offset = offsetof(struct saved_message, member)
static const struct field saved_fields[] = {
    { "message", FIELD_OBJECT, SAVED_FIELD(message), .spec = &message_spec, .doc = "The message, as it is now" },
    { "saved_at", FIELD_TIME, SAVED_FIELD(saved_us), .doc = "Since when" },
};
static const struct spec saved_spec = { SPEC_INIT("SavedMessage", struct saved_message, saved_fields),
    .doc = "A message that the caller has saved" };
/* clang-format on */

static struct saved_owner owner_of(const struct call *call)
{
    return (struct saved_owner){ &call->workspace, call->principal->user_id };
}

static enum err message_save(struct ctx *ctx, const struct call *call, struct reply *reply)
{
    const struct saved_owner owner = owner_of(call);

    (void)reply;
    return saved_put(ctx, &owner, &call->ids[0]);
}

static enum err message_unsave(struct ctx *ctx, const struct call *call, struct reply *reply)
{
    const struct saved_owner owner = owner_of(call);

    (void)reply;
    return saved_remove(ctx, &owner, &call->ids[0]);
}

static enum err saved_find(struct ctx *ctx, const struct call *call, const struct page *page, struct list *ret_list)
{
    const struct saved_owner owner = owner_of(call);
    const struct saved_range range = { page->after.key_count > 0 ? page->after.keys[0] : INT64_MAX, page->limit };

    return saved_list(ctx, &owner, &range, ret_list);
}

static enum err messages_saved(struct ctx *ctx, const struct call *call, struct reply *reply)
{
    static const struct page_source source = { .list = saved_find,
                                               .spec = &saved_spec,
                                               .row_bytes = sizeof(struct saved_message),
                                               .key_count = 1,
                                               .key_offsets = { offsetof(struct saved_message, id) } };

    return page_reply(ctx, call, &source, reply);
}

/* clang-format off */
static const struct route routes[] = {
    { GET, "/workspaces/{workspace}/saved", messages_saved,
      .access = ACCESS_SIGNED_IN, .role = ROLE_GUEST, .scope = SCOPE_READ, .rate = RATE_READ,
      .flags = ROUTE_PAGED, .reply = &saved_spec, .reply_shape = REPLY_LIST, .status = 200,
      .id = "listSavedMessages",
      .doc = "Those that one may read at this moment.",
      .summary = "List the messages that one has saved, the last saved first", .tag = "Messages" },
    { PUT, "/workspaces/{workspace}/saved/{message}", message_save,
      .access = ACCESS_SIGNED_IN, .role = ROLE_GUEST, .scope = SCOPE_WRITE, .rate = RATE_WRITE, .status = 204,
      .id = "saveMessage", .fails = { ERR_MESSAGE_NOT_FOUND, ERR_LIMIT },
      .doc = "Nobody else hears of it. One person can save 10,000.",
      .summary = "Save a message for oneself; again changes nothing", .tag = "Messages" },
    { DELETE, "/workspaces/{workspace}/saved/{message}", message_unsave,
      .access = ACCESS_SIGNED_IN, .role = ROLE_GUEST, .scope = SCOPE_WRITE, .rate = RATE_WRITE, .status = 204,
      .id = "unsaveMessage", .fails = { ERR_MESSAGE_NOT_FOUND },
      .doc = "Also where one may no longer read it.",
      .summary = "Keep a message no longer", .tag = "Messages" },
};
/* clang-format on */
const struct route_table saved_routes = { routes, COUNT_OF(routes) };
