#include "parley/api/routes.h"
#include "parley/core/limits.h"
#include "parley/domain/people/notice_settings.h"
#include "parley/domain/people/push_subscription.h"
#include "parley/gate/precondition.h"

/* ---- what goes in and out ---- */
/* clang-format off */
struct settings_view {
    struct body body;
    bool push, mail;
    struct str quiet_from, quiet_to, timezone;
};
enum { SENT_PUSH, SENT_MAIL, SENT_QUIET_FROM, SENT_QUIET_TO, SENT_TIMEZONE };
#define SETTINGS_FIELD(member) .offset = offsetof(struct settings_view, member)
static const struct field settings_fields[] = {
    [SENT_PUSH] = { "push", FIELD_BOOL, SETTINGS_FIELD(push), .doc = "Tell it to one's browsers" },
    [SENT_MAIL] = { "mail", FIELD_BOOL, SETTINGS_FIELD(mail), .doc = "Mail what is unread for 15 minutes" },
    [SENT_QUIET_FROM] = { "quiet_from", FIELD_STR, FIELD_NULLABLE, 5, 5, SETTINGS_FIELD(quiet_from), .example = "\"22:00\"",
      .doc = "From when on nothing is told, as HH:MM; null: never" },
    [SENT_QUIET_TO] = { "quiet_to", FIELD_STR, FIELD_NULLABLE, 5, 5, SETTINGS_FIELD(quiet_to), .example = "\"07:30\"",
      .doc = "Until when; what came meanwhile is told then" },
    [SENT_TIMEZONE] = { "timezone", FIELD_STR, 0, 1, TIMEZONE_MAX_CHARS, SETTINGS_FIELD(timezone), .example = "\"Europe/Berlin\"",
      .doc = "Where those hours are meant; UTC at first" },
};
static const struct spec settings_spec = { SPEC_INIT("NotificationSettings", struct settings_view, settings_fields),
    .doc = "What one is told while one is away, and when not" };
static const struct spec change_spec = { SPEC_INIT("NotificationSettingsChange", struct settings_view, settings_fields),
    .doc = "What is sent is changed" };

struct key_view {
    struct str key;
};
static const struct field key_fields[] = {
    { "key", FIELD_STR, .offset = offsetof(struct key_view, key),
      .doc = "What the Push API calls applicationServerKey: a point of P-256 as base64url" },
};
static const struct spec key_spec = { SPEC_INIT("PushKey", struct key_view, key_fields), .doc = "The server's key for web push" };

struct subscription_body {
    struct body body;
    struct str endpoint, p256dh, auth;
};
#define SUBSCRIPTION_FIELD(member) .offset = offsetof(struct subscription_body, member)
#define ENDPOINT_ROW \
    { "endpoint", FIELD_STR, FIELD_REQUIRED, 1, PUSH_ENDPOINT_MAX_BYTES, SUBSCRIPTION_FIELD(endpoint), \
      .example = "\"https://push.example.org/abc\"", .doc = "The browser's address at its push service" }
static const struct field subscription_fields[] = {
    ENDPOINT_ROW,
    { "p256dh", FIELD_STR, FIELD_REQUIRED, 87, 87, SUBSCRIPTION_FIELD(p256dh),
      .example = "\"BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4\"",
      .doc = "The browser's key, base64url" },
    { "auth", FIELD_STR, FIELD_REQUIRED, 22, 22, SUBSCRIPTION_FIELD(auth), .example = "\"BTBZMqHH6r4Tts7J_aSIgg\"",
      .doc = "The browser's secret, base64url" },
};
static const struct spec subscription_spec = { SPEC_INIT("PushSubscription", struct subscription_body, subscription_fields),
    .doc = "What a browser's PushSubscription holds" };
static const struct field endpoint_fields[] = { ENDPOINT_ROW };
static const struct spec endpoint_spec = { SPEC_INIT("PushEndpoint", struct subscription_body, endpoint_fields),
    .doc = "Which browser is to be forgotten" };
/* clang-format on */

/* ---- settings ---- */

static struct str minute_text(struct ctx *ctx, int minute)
{
    if (minute == QUIET_NEVER)
        return (struct str){ NULL, 0 };
    return str_from(arena_printf(ctx->arena, "%02d:%02d", minute / 60, minute % 60));
}

static bool two_digits(const char *text, int limit, int *ret_number)
{
    if (text[0] < '0' || text[0] > '9' || text[1] < '0' || text[1] > '9')
        return false;
    *ret_number = (text[0] - '0') * 10 + text[1] - '0';
    return *ret_number < limit;
}

/* HH:MM; absent: never. */
static enum err minute_read(struct ctx *ctx, struct str text, const char *field, int *ret_minute)
{
    int hour, minute;

    *ret_minute = QUIET_NEVER;
    if (text.ptr == NULL)
        return ERR_OK;
    if (text.len != 5 || text.ptr[2] != ':' || !two_digits(text.ptr, 24, &hour) ||
        !two_digits(text.ptr + 3, 60, &minute))
        return problem_add(ctx->problem,
                           (struct fault){ "body", field, "value_error", "must be a time, such as 22:00" });
    *ret_minute = hour * 60 + minute;
    return ERR_OK;
}

static void settings_reply(struct ctx *ctx, const struct notice_settings *settings, struct reply *reply)
{
    const struct settings_view view = {
        .push = settings->push,
        .mail = settings->mail,
        .quiet_from = minute_text(ctx, settings->quiet.from_minute),
        .quiet_to = minute_text(ctx, settings->quiet.to_minute),
        .timezone = settings->quiet.timezone,
    };

    reply->version = settings->version;
    spec_encode(&reply->json, &settings_spec, &view);
}

static enum err settings_get(struct ctx *ctx, const struct call *call, struct reply *reply)
{
    struct notice_settings settings;

    TRY(notice_settings_get(ctx, call->principal->user_id, &settings));
    settings_reply(ctx, &settings, reply);
    return ERR_OK;
}

static enum err quiet_read(struct ctx *ctx, const struct settings_view *body, struct quiet_hours *quiet)
{
    enum err from = ERR_OK, to = ERR_OK;

    if (body_sent(body, SENT_QUIET_FROM))
        from = minute_read(ctx, body->quiet_from, "quiet_from", &quiet->from_minute);
    if (body_sent(body, SENT_QUIET_TO))
        to = minute_read(ctx, body->quiet_to, "quiet_to", &quiet->to_minute);
    if (from != ERR_OK || to != ERR_OK)
        return ERR_INVALID;
    if ((quiet->from_minute == QUIET_NEVER) != (quiet->to_minute == QUIET_NEVER) ||
        (quiet->from_minute != QUIET_NEVER && quiet->from_minute == quiet->to_minute))
        return problem_add(ctx->problem, (struct fault){ "body", "quiet_to", "value_error",
                                                         "both are times that differ, or both are null" });
    return ERR_OK;
}

/* If-Match is judged on the row as it is now, and that version is then demanded. */
static enum err settings_put(struct ctx *ctx, const struct call *call, struct reply *reply)
{
    const struct settings_view *body = call->body;
    struct notice_settings settings;

    TRY(notice_settings_get(ctx, call->principal->user_id, &settings));
    TRY(precondition_check(ctx, call, settings.version));
    if (body_sent(body, SENT_PUSH))
        settings.push = body->push;
    if (body_sent(body, SENT_MAIL))
        settings.mail = body->mail;
    if (body_sent(body, SENT_TIMEZONE))
        settings.quiet.timezone = body->timezone;
    TRY(quiet_read(ctx, body, &settings.quiet));
    TRY(notice_settings_put(ctx, call->principal->user_id, &settings, settings.version, &settings));
    settings_reply(ctx, &settings, reply);
    return ERR_OK;
}

/* ---- browsers ---- */

static enum err key_get(struct ctx *ctx, const struct call *call, struct reply *reply)
{
    const struct key_view view = { push_subscription_key(ctx) };

    (void)call;
    spec_encode(&reply->json, &key_spec, &view);
    return ERR_OK;
}

static enum err subscription_post(struct ctx *ctx, const struct call *call, struct reply *reply)
{
    const struct subscription_body *body = call->body;
    const struct push_subscription_draft draft = { body->endpoint, body->p256dh, body->auth };

    (void)reply;
    return push_subscription_put(ctx, call->principal, &draft);
}

static enum err subscription_delete(struct ctx *ctx, const struct call *call, struct reply *reply)
{
    const struct subscription_body *body = call->body;

    (void)reply;
    return push_subscription_remove(ctx, call->principal->user_id, body->endpoint);
}

/* clang-format off */
static const struct route routes[] = {
    { GET, "/auth/me/notifications", settings_get, .access = ACCESS_SIGNED_IN, .role = ROLE_NO_WORKSPACE,
      .scope = SCOPE_NONE, .rate = RATE_READ, .flags = ROUTE_TAGGED, .reply = &settings_spec, .status = 200,
      .id = "getNotificationSettings",
      .doc = "One is told of messages that name one, reply to one, or come in a direct chat, unless they are read before.",
      .summary = "Read what one is told while one is away", .tag = "Sign-in" },
    { PUT, "/auth/me/notifications", settings_put, .access = ACCESS_SIGNED_IN, .role = ROLE_NO_WORKSPACE,
      .scope = SCOPE_NONE, .rate = RATE_WRITE, .flags = ROUTE_TAGGED, .body = &change_spec, .reply = &settings_spec,
      .status = 200, .id = "changeNotificationSettings",
      .doc = "In quiet hours nothing is told; what came in them is told when they end, unless it has been read.",
      .summary = "Change what one is told while one is away", .tag = "Sign-in" },
    { GET, "/push/key", key_get, .access = ACCESS_ANYONE, .role = ROLE_NO_WORKSPACE, .scope = SCOPE_ANY,
      .rate = RATE_NOBODY, .reply = &key_spec, .status = 200, .id = "getPushKey",
      .doc = "It stays the same as long as the server has its keys.",
      .summary = "Read the key with which a browser subscribes to web push", .tag = "Sign-in" },
    { POST, "/auth/me/push", subscription_post, .access = ACCESS_SIGNED_IN, .role = ROLE_NO_WORKSPACE,
      .scope = SCOPE_NONE, .rate = RATE_WRITE, .body = &subscription_spec, .status = 204, .id = "subscribeToPush",
      .doc = "A browser is one person's: whoever subscribes it last. It is told no more once the session has ended. Of more than 20 the oldest is forgotten, and one whose "
             "service says that it is gone.",
      .summary = "Let a browser be told by web push", .tag = "Sign-in" },
    { DELETE, "/auth/me/push", subscription_delete, .access = ACCESS_SIGNED_IN, .role = ROLE_NO_WORKSPACE,
      .scope = SCOPE_NONE, .rate = RATE_WRITE, .body = &endpoint_spec, .status = 204, .id = "unsubscribeFromPush",
      .summary = "Let a browser be told no more", .tag = "Sign-in" },
};
/* clang-format on */
const struct route_table notifications_routes = { routes, COUNT_OF(routes) };
