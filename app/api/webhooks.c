#include "parley/domain/talk/webhook.h"

#include "parley/api/routes.h"
#include "parley/core/limits.h"
#include "parley/gate/location.h"
#include "webhook_text.h"

/* ---- what goes in and out ---- */
/* clang-format off */
struct webhook_body {
    struct body body;
    struct str name;
};
static const struct field body_fields[] = {
    { "name", FIELD_STR, FIELD_REQUIRED | FIELD_LINE, 1, SENDER_NAME_MAX_CHARS,
      .offset = offsetof(struct webhook_body, name), .example = "\"Grafana\"",
      .doc = "What it is called, and of whom its messages are where they name nobody" },
};
static const struct spec body_spec = { SPEC_INIT("WebhookDraft", struct webhook_body, body_fields),
    .doc = "A webhook that is to be made" };

#define WEBHOOK_FIELD(member) .offset = offsetof(struct webhook, member)
static const struct field webhook_fields[] = {
    { "id", FIELD_UUID, WEBHOOK_FIELD(uuid), .doc = "Its identifier" },
    { "name", FIELD_STR, WEBHOOK_FIELD(name), .example = "\"Grafana\"", .doc = "What it is called" },
    { "created_by", FIELD_UUID, WEBHOOK_FIELD(created_by), .doc = "In whose right it posts" },
    { "created_at", FIELD_TIME, WEBHOOK_FIELD(created_us), .doc = "When it was made" },
    { "last_used_at", FIELD_TIME, FIELD_NULLABLE, WEBHOOK_FIELD(used_us), .doc = "When it last posted; null: never" },
};
static const struct spec webhook_spec = { SPEC_INIT("Webhook", struct webhook, webhook_fields),
    .doc = "An address at which a program posts into a chat" };

struct made_webhook {
    struct webhook webhook;
    struct str url;
};
static const struct field made_fields[] = {
    { SPEC_INLINE(&webhook_spec) },
    { "url", FIELD_STR, .offset = offsetof(struct made_webhook, url),
      .doc = "Where the program posts to. Whoever has it can post; it is shown only here" },
};
static const struct spec made_spec = { SPEC_INIT("MadeWebhook", struct made_webhook, made_fields),
    .doc = "A new webhook with its address" };

static const struct spec payload_spec = {
    .name = "WebhookMessage", .size_bytes = sizeof(struct spec_text), .text_max_bytes = BODY_MAX_BYTES,
    .doc = "What Slack's incoming webhooks take: `text`, `blocks`, `attachments` and `username`; or `content`, in Markdown. "
           "Other fields are passed over" };
/* clang-format on */

static struct message_location location_of(const struct call *call)
{
    return (
        struct message_location){ .workspace = &call->workspace, .principal = call->principal, .chat = call->ids[0] };
}

/* ---- of the members ---- */

static enum err webhooks_post(struct ctx *ctx, const struct call *call, struct reply *reply)
{
    const struct webhook_body *body = call->body;
    const struct message_location location = location_of(call);
    struct made_webhook made;
    struct str token;

    TRY(webhook_add(ctx, &location, body->name, &made.webhook, &token));
    made.url = str_from(arena_printf(ctx->arena, "%s/hooks/%.*s", ctx->config->public_url, STR_FMT(token)));
    TRY(arena_check(ctx->arena));
    spec_encode(&reply->json, &made_spec, &made);
    return ERR_OK;
}

static enum err webhooks_list(struct ctx *ctx, const struct call *call, struct reply *reply)
{
    const struct message_location location = location_of(call);
    struct list list;

    TRY(webhook_list(ctx, &location, &list));
    spec_encode_list(&reply->json, &webhook_spec, list.items, list.count);
    return ERR_OK;
}

static enum err webhooks_delete(struct ctx *ctx, const struct call *call, struct reply *reply)
{
    const struct message_location location = location_of(call);

    (void)reply;
    return webhook_remove(ctx, &location, &call->ids[1]);
}

/* ---- of the program ---- */

static enum err hook_post(struct ctx *ctx, const struct call *call, struct reply *reply)
{
    const struct spec_text *body = call->body;
    struct webhook_text text;
    struct webhook_draft draft;
    enum err e = webhook_text_read(ctx->arena, body->text, &text);

    if (e != ERR_OK)
        return fail(ctx, e);
    draft = (struct webhook_draft){ text.content, text.username };
    TRY(webhook_post(ctx, call->door, &draft));
    /* What Slack says: some senders look at it. */
    reply->content_type = "text/plain; charset=utf-8";
    buf_add_c(&reply->body, "ok");
    return ERR_OK;
}

/* clang-format off */
static const struct route routes[] = {
    { POST, "/workspaces/{workspace}/chat/{chat}/webhooks", webhooks_post, .access = ACCESS_SIGNED_IN,
      .role = ROLE_MEMBER, .scope = SCOPE_NONE, .rate = RATE_WRITE, .flags = ROUTE_NO_LOCATION, .body = &body_spec,
      .reply = &made_spec, .status = 201, .id = "createWebhook",
      .fails = { ERR_CHAT_NOT_FOUND, ERR_NOT_JOINED, ERR_FORBIDDEN, ERR_DIRECT_CHAT, ERR_LIMIT, ERR_CHAT_ARCHIVED },
      .doc = "A program that has the address posts into this chat as long as whoever made it may. It goes when they leave the "
             "workspace. A chat has at most 20.",
      .summary = "Make an address at which a program may post into a chat", .tag = "Webhooks" },
    { GET, "/workspaces/{workspace}/chat/{chat}/webhooks", webhooks_list, .access = ACCESS_SIGNED_IN,
      .role = ROLE_MEMBER, .scope = SCOPE_READ, .rate = RATE_READ, .reply = &webhook_spec, .reply_shape = REPLY_LIST,
      .status = 200, .id = "listWebhooks", .fails = { ERR_CHAT_NOT_FOUND, ERR_NOT_JOINED, ERR_FORBIDDEN },
      .doc = "Without their addresses, which are shown once.",
      .summary = "List one's own webhooks of a chat, or as an owner all", .tag = "Webhooks" },
    { DELETE, "/workspaces/{workspace}/chat/{chat}/webhooks/{webhook}", webhooks_delete, .access = ACCESS_SIGNED_IN,
      .role = ROLE_MEMBER, .scope = SCOPE_WRITE, .rate = RATE_WRITE, .status = 204, .id = "deleteWebhook",
      .fails = { ERR_CHAT_NOT_FOUND, ERR_NOT_JOINED, ERR_FORBIDDEN, ERR_WEBHOOK_NOT_FOUND },
      .summary = "Withdraw one's webhook, or as an owner anyone's", .tag = "Webhooks" },
    { POST, "/hooks/{secret:word}", hook_post, .access = ACCESS_TOKEN_URL, .role = ROLE_NO_WORKSPACE,
      .scope = SCOPE_NONE, .rate = RATE_HOOK, .flags = ROUTE_PAYLOAD_FORM | ROUTE_OPEN_QUERY, .body = &payload_spec,
      .status = 200, .media = "text/plain", .id = "postToWebhook",
      .fails = { ERR_WEBHOOK_NOT_FOUND, ERR_CHAT_ARCHIVED },
      .doc = "In the shape of Slack's incoming webhooks, as JSON or as the field `payload` of a form. Slack's marks, blocks and "
             "attachments become Markdown; what is too long is cut.",
      .summary = "Post into a chat, with nothing but the address", .tag = "Webhooks" },
};
/* clang-format on */
const struct route_table webhooks_routes = { routes, COUNT_OF(routes) };
