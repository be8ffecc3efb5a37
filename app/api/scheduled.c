#include "parley/domain/talk/scheduled.h"

#include "parley/api/routes.h"
#include "parley/core/limits.h"
#include "parley/gate/page_reply.h"
#include "parley/gate/precondition.h"
#include "parley/shapes/scheduled.h"

/* In the order of enum scheduled_field's bits. */
struct change_body {
    struct body body;
    struct str content;
    int64_t send_us;
};
/* clang-format off */
#define CHANGE_FIELD(member) .offset = offsetof(struct change_body, member)
static const struct field change_fields[] = {
    { "content", FIELD_STR, 0, 1, CONTENT_MAX_CHARS, CHANGE_FIELD(content), .example = "\"Good morning.\"",
      .doc = "Another text" },
    { "send_at", FIELD_TIME, CHANGE_FIELD(send_us), .example = "\"2026-03-02T08:00:00Z\"",
      .doc = "Another time, a minute to a year ahead; needed where it could not be sent" },
};
static const struct spec change_spec = { SPEC_INIT("ScheduledChange", struct change_body, change_fields),
    .doc = "What is to be changed of a message that waits" };
/* clang-format on */

static struct scheduled_target target_of(const struct call *call)
{
    return (struct scheduled_target){ .m = &call->workspace, .principal = call->principal, .scheduled = call->ids[0] };
}

static enum err scheduled_find(struct ctx *ctx, const struct call *call, const struct page *page, struct list *ret_list)
{
    const struct scheduled_target owner = target_of(call);
    struct scheduled_range range = { .limit = page->limit };

    if (page->after.key_count > 0) {
        range.after_us = page->after.keys[0];
        range.after_id = page->after.keys[1];
    }
    return scheduled_list(ctx, &owner, &range, ret_list);
}

static enum err scheduled_all(struct ctx *ctx, const struct call *call, struct reply *reply)
{
    static const struct page_source source = { .list = scheduled_find,
                                               .spec = &scheduled_spec,
                                               .row_bytes = sizeof(struct scheduled),
                                               .key_count = 2,
                                               .key_offsets = { offsetof(struct scheduled, send_us),
                                                                offsetof(struct scheduled, id) } };

    return page_reply(ctx, call, &source, reply);
}

static enum err scheduled_show(struct ctx *ctx, const struct call *call, struct reply *reply)
{
    const struct scheduled_target target = target_of(call);
    struct scheduled scheduled;

    TRY(scheduled_get(ctx, &target, &scheduled));
    reply->version = scheduled.version;
    spec_encode(&reply->json, &scheduled_spec, &scheduled);
    return ERR_OK;
}

/* If-Match is judged on the row as it is now, and that version is then demanded of the writer. */
static enum err wanted_version(struct ctx *ctx, const struct call *call, struct scheduled_target *target)
{
    struct scheduled scheduled;

    if (http_header(call->request, "If-Match").ptr == NULL)
        return ERR_OK;
    TRY(scheduled_get(ctx, target, &scheduled));
    TRY(precondition_check(ctx, call, scheduled.version));
    target->version = scheduled.version;
    return ERR_OK;
}

static enum err scheduled_edit(struct ctx *ctx, const struct call *call, struct reply *reply)
{
    const struct change_body *body = call->body;
    const struct scheduled_change change = { (unsigned)body->body.sent, body->content, body->send_us };
    struct scheduled_target target = target_of(call);
    struct scheduled scheduled;

    TRY(wanted_version(ctx, call, &target));
    TRY(scheduled_put(ctx, &target, &change, &scheduled));
    reply->version = scheduled.version;
    spec_encode(&reply->json, &scheduled_spec, &scheduled);
    return ERR_OK;
}

static enum err scheduled_delete(struct ctx *ctx, const struct call *call, struct reply *reply)
{
    struct scheduled_target target = target_of(call);

    (void)reply;
    TRY(wanted_version(ctx, call, &target));
    return scheduled_withdraw(ctx, &target);
}

/* clang-format off */
#define PRIVATE "Only its author sees it."

static const struct route routes[] = {
    { GET, "/workspaces/{workspace}/scheduled", scheduled_all,
      .access = ACCESS_SIGNED_IN, .role = ROLE_GUEST, .scope = SCOPE_READ, .rate = RATE_READ,
      .flags = ROUTE_PAGED, .reply = &scheduled_spec, .reply_shape = REPLY_LIST, .status = 200,
      .id = "listScheduledMessages",
      .doc = "One that could not be sent stays here, with the reason, until it is withdrawn or has another time.",
      .summary = "List one's own messages that wait for their time, the next first", .tag = "Messages" },
    { GET, "/workspaces/{workspace}/scheduled/{scheduled}", scheduled_show,
      .access = ACCESS_SIGNED_IN, .role = ROLE_GUEST, .scope = SCOPE_READ, .rate = RATE_READ, .flags = ROUTE_TAGGED,
      .reply = &scheduled_spec, .status = 200,
      .id = "getScheduledMessage", .fails = { ERR_SCHEDULED_NOT_FOUND }, .doc = PRIVATE,
      .summary = "One message that waits for its time", .tag = "Messages" },
    { PUT, "/workspaces/{workspace}/scheduled/{scheduled}", scheduled_edit,
      .access = ACCESS_SIGNED_IN, .role = ROLE_GUEST, .scope = SCOPE_WRITE, .rate = RATE_WRITE, .flags = ROUTE_TAGGED,
      .body = &change_spec, .reply = &scheduled_spec, .status = 200,
      .id = "updateScheduledMessage", .fails = { ERR_SCHEDULED_NOT_FOUND },
      .doc = PRIVATE " What is not sent stays as it is.",
      .summary = "Change a message before it is sent, or try one again", .tag = "Messages" },
    { DELETE, "/workspaces/{workspace}/scheduled/{scheduled}", scheduled_delete,
      .access = ACCESS_SIGNED_IN, .role = ROLE_GUEST, .scope = SCOPE_WRITE, .rate = RATE_WRITE, .flags = ROUTE_TAGGED,
      .status = 204,
      .id = "withdrawScheduledMessage", .fails = { ERR_SCHEDULED_NOT_FOUND }, .doc = PRIVATE,
      .summary = "Withdraw a message before it is sent", .tag = "Messages" },
};
/* clang-format on */
const struct route_table scheduled_routes = { routes, COUNT_OF(routes) };
