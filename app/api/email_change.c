#include "parley/domain/lifecycle/email_change.h"

#include "parley/api/routes.h"
#include "parley/core/limits.h"
#include "second_factor_code_body.h"
#include "sign_in_answer.h"

/* ---- what goes in and out ---- */
/* clang-format off */
struct ask_body {
    struct body body;
    struct str email, password;
    struct second_factor_code_body code;
};
static const struct field ask_fields[] = {
    { "email", FIELD_EMAIL, FIELD_REQUIRED, .offset = offsetof(struct ask_body, email), .example = "\"ada@example.org\"",
      .doc = "The new address" },
    { "current_password", FIELD_PASSWORD, FIELD_NULLABLE, 0, PASSWORD_OFFERED_MAX_BYTES,
      .offset = offsetof(struct ask_body, password), .doc = "This, or a fresh code or recovery_code" },
    { SPEC_INLINE(&second_factor_code_spec), .offset = offsetof(struct ask_body, code) },
};
static const struct spec ask_spec = { SPEC_INIT("EmailChange", struct ask_body, ask_fields),
    .doc = "Another address" };

struct ask_answer {
    struct str message;
};
static const struct field ask_answer_fields[] = {
    { "message", FIELD_STR, .offset = offsetof(struct ask_answer, message), .doc = "The same for every address" },
};
static const struct spec ask_answer_spec = { SPEC_INIT("EmailChangeAnswer", struct ask_answer, ask_answer_fields),
    .doc = "What is told whatever the address" };

struct confirm_body {
    struct body body;
    struct str token;
};
static const struct field confirm_fields[] = {
    { "token", FIELD_STR, FIELD_REQUIRED, 1, LINK_TOKEN_OFFERED_MAX_CHARS, .offset = offsetof(struct confirm_body, token),
      .doc = "What stands behind token= in the link" },
};
static const struct spec confirm_spec = { SPEC_INIT("EmailChangeConfirm", struct confirm_body, confirm_fields),
    .doc = "The token of the link" };
/* clang-format on */

/* ---- handlers ---- */

static enum err ask_post(struct ctx *ctx, const struct call *call, struct reply *reply)
{
    const struct ask_body *body = call->body;
    const struct email_change_ask ask = { .email = body->email,
                                          .password = body->password,
                                          .code = second_factor_code_of(&body->code) };
    const struct ask_answer answer = { STR("A mail to that address says how to go on") };

    TRY(email_change_ask(ctx, call->principal, &ask));
    spec_encode(&reply->json, &ask_answer_spec, &answer);
    return ERR_OK;
}

static enum err confirm_post(struct ctx *ctx, const struct call *call, struct reply *reply)
{
    const struct confirm_body *body = call->body;

    (void)reply;
    return email_change_confirm(ctx, body->token);
}

/* clang-format off */
static const struct route routes[] = {
    { POST, "/auth/email", ask_post,
      .access = ACCESS_SIGNED_IN, .role = ROLE_NO_WORKSPACE, .scope = SCOPE_NONE, .rate = RATE_MAIL,
      .body = &ask_spec, .reply = &ask_answer_spec, .status = 202,
      .id = "requestEmailChange",
      .fails = { ERR_PASSWORD_WRONG, ERR_CODE_REFUSED, ERR_LOCKED, ERR_SECOND_FACTOR_OFF, ERR_MAIL_OFF, ERR_LIMIT },
      .summary = "Ask for a link by which one's account gets another address, mailed there; the answer tells nothing",
      .tag = "Sign-in" },
    { POST, "/auth/email/confirm", confirm_post,
      .access = ACCESS_ANYONE, .role = ROLE_NO_WORKSPACE, .scope = SCOPE_NONE, .rate = RATE_CREDENTIAL,
      .body = &confirm_spec, .status = 204,
      .id = "confirmEmailChange", .fails = { ERR_EMAIL_CHANGE, ERR_EMAIL_TAKEN },
      .summary = "Give an account the address that its link was mailed to, once; sign-in sessions stay",
      .tag = "Sign-in" },
};
/* clang-format on */
const struct route_table email_change_routes = { routes, COUNT_OF(routes) };
