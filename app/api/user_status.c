#include "parley/domain/people/user_status.h"

#include "parley/api/routes.h"
#include "parley/core/limits.h"
#include "parley/domain/people/user.h"
#include "parley/shapes/user.h"

struct status_body {
    struct body body;
    struct str text, emoji;
    int64_t until_us;
};
#define STATUS_FIELD(member) .offset = offsetof(struct status_body, member)
static const struct field status_fields[] = {
    { "text", FIELD_STR, FIELD_NULLABLE | FIELD_LINE, 0, STATUS_MAX_CHARS, STATUS_FIELD(text),
      .example = "\"At lunch\"", .doc = "A line; null or empty: none" },
    { "emoji", FIELD_STR, FIELD_NULLABLE, 0, EMOJI_MAX_BYTES, STATUS_FIELD(emoji), .example = "\"🍜\"",
      .doc = "One emoji; null or empty: none" },
    { "until", FIELD_TIME, FIELD_NULLABLE, STATUS_FIELD(until_us), .doc = "When it ends by itself; null: not" },
};
static const struct spec status_spec = { SPEC_INIT("StatusChange", struct status_body, status_fields),
                                         .doc = "What one says of oneself at present" };

static enum err status_put(struct ctx *ctx, const struct call *call, struct reply *reply)
{
    const struct status_body *body = call->body;
    const struct user_status status = { .text = body->text, .emoji = body->emoji, .until_us = body->until_us };
    struct user user;

    TRY(user_status_set(ctx, call->principal->user_id, &status));
    TRY(user_get(ctx, call->principal->user_id, &user));
    spec_encode(&reply->json, &user_spec, &user); /* without a version: no If-Match counts here */
    return ERR_OK;
}

/* clang-format off */
static const struct route routes[] = {
    { PUT, "/auth/me/status", status_put,
      .access = ACCESS_SIGNED_IN, .role = ROLE_NO_WORKSPACE, .scope = SCOPE_NONE, .rate = RATE_WRITE,
      .body = &status_spec, .reply = &user_spec, .status = 200,
      .id = "setStatus", .fails = { ERR_USER_NOT_FOUND },
      .summary = "Say what one is doing, beside one's name; without text and emoji nothing", .tag = "Sign-in" },
};
/* clang-format on */
const struct route_table user_status_routes = { routes, COUNT_OF(routes) };
