#include "parley/domain/trust/password_reset.h"

#include "parley/api/routes.h"
#include "parley/core/limits.h"
#include "parley/domain/record/mail_queue.h"
#include "sign_in_answer.h"

/* ---- what goes in and out ---- */
/* clang-format off */
struct forgot_body {
    struct body body;
    struct str email;
};
static const struct field forgot_fields[] = {
    { "email", FIELD_EMAIL, FIELD_REQUIRED, .offset = offsetof(struct forgot_body, email),
      .example = "\"ada@example.org\"", .doc = "That of the account" },
};
static const struct spec forgot_spec = { SPEC_INIT("PasswordForgot", struct forgot_body, forgot_fields),
    .doc = "Whose password is forgotten" };

struct forgot_answer {
    struct str message;
};
static const struct field forgot_answer_fields[] = {
    { "message", FIELD_STR, .offset = offsetof(struct forgot_answer, message),
      .doc = "The same for every address" },
};
static const struct spec forgot_answer_spec = {
    SPEC_INIT("PasswordForgotAnswer", struct forgot_answer, forgot_answer_fields),
    .doc = "What is told to everyone" };

struct reset_body {
    struct body body;
    struct str token, password;
    bool stay;
};
static const struct field reset_fields[] = {
    { "token", FIELD_STR, FIELD_REQUIRED, 1, LINK_TOKEN_OFFERED_MAX_CHARS, .offset = offsetof(struct reset_body, token),
      .doc = "What stands behind token= in the link" },
    { "new_password", FIELD_PASSWORD, FIELD_REQUIRED, PASSWORD_MIN_BYTES, PASSWORD_MAX_BYTES,
      .offset = offsetof(struct reset_body, password), .example = "\"another long secret\"",
      .doc = "Bytes of UTF-8 are counted, not letters" },
    STAY_FIELD(offsetof(struct reset_body, stay)),
};
static const struct spec reset_spec = { SPEC_INIT("PasswordReset", struct reset_body, reset_fields),
    .doc = "A new password, and the token of the link" };

#define LINK_FIELD(member) .offset = offsetof(struct password_reset_link, member)
static const struct field link_fields[] = {
    { "reset_url", FIELD_STR, LINK_FIELD(url), .doc = "The link to hand over; shown only here" },
    { "expires_at", FIELD_TIME, LINK_FIELD(expires_us), .doc = "When the link stops working" },
};
static const struct spec link_spec = { SPEC_INIT("PasswordResetLink", struct password_reset_link, link_fields),
    .doc = "A link for a new password" };
/* clang-format on */

/* ---- handlers ---- */

static enum err forgot_post(struct ctx *ctx, const struct call *call, struct reply *reply)
{
    const struct forgot_body *body = call->body;
    struct forgot_answer answer = { STR(
        "If the address has an account here, a link for a new password is on its way") };

    if (!mail_queue_is_on(ctx))
        answer.message = STR("This server sends no mail; ask an administrator for a link");
    TRY(password_reset_ask(ctx, body->email));
    spec_encode(&reply->json, &forgot_answer_spec, &answer);
    return ERR_OK;
}

static enum err reset_post(struct ctx *ctx, const struct call *call, struct reply *reply)
{
    const struct reset_body *body = call->body;
    struct session_origin origin = sign_in_origin(call, body->stay);
    struct sign_in_result result;

    TRY(password_reset_redeem(ctx, body->token, body->password, call->in_cookie ? &origin : NULL, &result));
    if (result.tokens.access_token.ptr == NULL)
        return ERR_OK;
    reply->status = 200;
    sign_in_reply(ctx, &result, reply);
    return ERR_OK;
}

/* One's own is changed with the present one, an administrator's too. */
static enum err users_reset_post(struct ctx *ctx, const struct call *call, struct reply *reply)
{
    struct password_reset_link link;

    if (uuid_eq(&call->ids[0], &call->principal->user))
        return failf(ctx, ERR_FORBIDDEN, "Change your own password with the present one");
    TRY(password_reset_issue(ctx, &call->ids[0], &link));
    spec_encode(&reply->json, &link_spec, &link);
    return ERR_OK;
}

/* clang-format off */
static const struct route routes[] = {
    { POST, "/auth/password/forgot", forgot_post,
      .access = ACCESS_ANYONE, .role = ROLE_NO_WORKSPACE, .scope = SCOPE_NONE, .rate = RATE_MAIL,
      .body = &forgot_spec, .reply = &forgot_answer_spec, .status = 202,
      .id = "requestPasswordReset",
      .doc = "The answer is the same for every address, in the same time.",
      .summary = "Ask for a link for a new password by mail; the answer tells nothing", .tag = "Sign-in" },
    { POST, "/auth/password/reset", reset_post,
      .access = ACCESS_ANYONE, .role = ROLE_NO_WORKSPACE, .scope = SCOPE_NONE, .rate = RATE_CREDENTIAL,
      .cookie = COOKIE_BEGIN, .body = &reset_spec, .status = 204, .cookie_reply = &login_answer_spec,
      .id = "resetPassword",
      .fails = { ERR_RESET, ERR_PASSWORD_RULES, ERR_USER_INACTIVE, ERR_NO_PASSWORD },
      .summary = "Set a new password by a link, once, and end all sign-in sessions; only a browser's cookie begins one",
      .tag = "Sign-in" },
    { POST, "/users/{user}/password-reset", users_reset_post,
      .access = ACCESS_ADMIN, .role = ROLE_NO_WORKSPACE, .scope = SCOPE_ADMIN, .rate = RATE_WRITE,
      .reply = &link_spec, .flags = ROUTE_NO_LOCATION, .status = 201,
      .id = "createPasswordResetLink",
      .fails = { ERR_USER_NOT_FOUND, ERR_NO_PASSWORD, ERR_USER_INACTIVE, ERR_FORBIDDEN, ERR_KEY_BOUNDS },
      .doc = "For somebody whose mail does not arrive. The link is shown this once.",
      .summary = "Make a link by which somebody sets a new password, to hand it over", .tag = "Users" },
};
/* clang-format on */
const struct route_table password_reset_routes = { routes, COUNT_OF(routes) };
